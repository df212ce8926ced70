"""Each status of a supplier, by the least that brings it about; and what a roll-up says of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from remit.attest.suppliers.keys import PinnedKey
from remit.attest.suppliers.register import Revocation
from remit.attest.suppliers.statement import (
    Answer,
    Claim,
    Coverage,
    Edge,
    Exclusion,
    Form,
    Removal,
    Sighting,
    Subject,
    Summary,
    Surface,
    Target,
)
from remit.attest.suppliers.status import Status
from tests.attest.suppliers.asked import (
    ANSWERED,
    ASKED,
    AT,
    ORDER,
    answer,
    answers_of,
    issued,
    key_of,
    naming,
    round_of,
    settle,
    statement,
    supplier,
)

DAY = timedelta(days=1)
IMAGE = Subject("nav.tar", "sha256:" + "1" * 64)
OTHER_IMAGE = Subject("nav.tar", "sha256:" + "2" * 64)
SEEN = Sighting("s2", "halden", ("heron-4",), "runtime-call", "nav/client.py:12", "scan.json")


def status_of(*answers: Answer, **changes: object) -> Status:
    """Where s2 stands when it is the only one asked."""
    return settle(round_of(supplier("s2"), **changes), *answers).nodes["s2"].status


CASES: list[tuple[Status, Answer]] = [
    (Status.CLEAN, answer(statement("s2"))),
    (Status.FOUND, answer(statement("s2", claim=Claim.FOUND))),
    (Status.REMOVED, answer(statement("s2", claim=Claim.REMOVED, removed=(Removal("heron-4", ANSWERED),)))),
    (Status.GAPS, answer(statement("s2", surfaces=()))),
    (Status.GAPS, answer(statement("s2", surfaces=(Surface("repositories", 0, None, "no access"),)))),
    (Status.GAPS, answer(statement("s2", surfaces=(Surface("repositories", 12, 3),)))),
    (Status.GAPS, answer(statement("s2", surfaces=(Surface("repositories", 12, None),)))),
    (Status.CLEAN, answer(statement("s2", surfaces=(Surface("repositories", 0, 0),)))),
    (Status.GAPS, answer(statement("s2", claim=Claim.UNDER_REVIEW))),
    (Status.GAPS, answer(statement("s2", claim=Claim.NOT_INQUIRED))),
    (Status.GAPS, answer(statement("s2", none_reason=""))),
    (Status.GAPS, answer(statement("s2", excluded=(Exclusion("third_party/", "not ours"),)))),
    (Status.EXPIRED, answer(statement("s2", valid_until=AT))),
    (Status.EXPIRED, answer(statement("s2", valid_from=AT + DAY))),
    (Status.EXPIRED, answer(statement("s2", made=AT - 91 * DAY, valid_until=AT + 999 * DAY))),
    (Status.WRONG_ORDER_VERSION, answer(statement("s2", order=replace(ORDER, version=2)))),
    (Status.WRONG_ORDER_VERSION, answer(statement("s2", order=replace(ORDER, digest="sha256:" + "b" * 64)))),
    (Status.WRONG_SCOPE, answer(statement("s2", covers=Coverage(frozenset({"other"}))))),
    (Status.WRONG_SCOPE, answer(statement("s2", target=Target("orrin")))),
    (Status.WRONG_SCOPE, answer(statement("s2", target=Target("halden", ("heron-4",))))),
    (Status.WRONG_SCOPE, answer(statement("s2", target=Target("halden", lineage="named-only")))),
    (Status.BAD_SIGNATURE, answer(statement("s2"), damage="it does not fit the file")),
    (Status.BAD_SIGNATURE, answer(statement("s2"), key="")),
    (Status.UNKNOWN_KEY, answer(statement("s2"), key="key-of-somebody")),
    (Status.REPLAYED, answer(statement("s2", nonce="nonce-of-nobody"))),
    (Status.REPLAYED, answer(statement("s2", asked_by="tidewater"))),
    (Status.TRANSCRIBED, answer(statement("s2"), form=Form.TRANSCRIBED, key="", transcribed_by="R. Amadi")),
]


@pytest.mark.parametrize(("status", "given"), CASES, ids=lambda value: str(value)[:24])
def test_each_answer_leads_to_its_status(status: Status, given: Answer) -> None:
    assert status_of(given) is status


def test_every_status_has_a_case_here_or_a_test_below() -> None:
    below = {Status.STALE, Status.REVOKED_KEY, Status.CONTRADICTED, Status.SEALED, Status.MISSING}
    assert {status for status, _ in CASES} | below == set(Status)


def test_a_supplier_without_an_answer_is_missing() -> None:
    assert status_of() is Status.MISSING


def test_a_statement_about_another_build_than_the_delivered_one_is_stale() -> None:
    rounds = round_of(supplier("s2", covers=Coverage(frozenset({"harbour-watch"}), frozenset(), (IMAGE,))))
    said = statement("s2", covers=Coverage(frozenset({"harbour-watch"}), frozenset(), (OTHER_IMAGE,)))
    assert settle(rounds, answer(said)).nodes["s2"].status is Status.STALE


def test_a_key_counts_only_within_its_time_and_by_when_the_answer_came_in() -> None:
    late = supplier("s2", keys=(PinnedKey(key_of("s2"), from_=ANSWERED + DAY),))
    assert settle(round_of(late), *answers_of("s2")).nodes["s2"].status is Status.UNKNOWN_KEY
    early = supplier("s2", keys=(PinnedKey(key_of("s2"), until=ANSWERED + DAY),))
    assert settle(round_of(early), *answers_of("s2")).nodes["s2"].status is Status.CLEAN


def test_a_revoked_key_regrades_what_came_in_since_and_leaves_what_came_before() -> None:
    for moment, status in ((ANSWERED, Status.REVOKED_KEY), (ANSWERED + DAY, Status.CLEAN)):
        revoked = (Revocation(key_of("s2"), moment, moment),)
        assert status_of(*answers_of("s2"), revoked=revoked) is status


def test_a_revocation_counts_only_once_it_is_known() -> None:
    rounds = round_of(supplier("s2"), revoked=(Revocation(key_of("s2"), ASKED, AT),))
    said = answers_of("s2")
    assert settle(rounds, *said, at=AT - DAY).nodes["s2"].status is Status.CLEAN
    assert settle(rounds, *said, at=AT).nodes["s2"].status is Status.REVOKED_KEY


def test_a_signature_fault_is_told_before_anything_the_content_says() -> None:
    said = statement("s2", claim=Claim.FOUND, valid_until=ANSWERED + DAY)
    assert status_of(answer(said, damage="torn")) is Status.BAD_SIGNATURE
    assert status_of(answer(said)) is Status.EXPIRED


def test_a_paper_that_says_found_is_found_and_not_merely_transcribed() -> None:
    said = answer(statement("s2", claim=Claim.FOUND), form=Form.TRANSCRIBED, key="", transcribed_by="R. Amadi")
    node = settle(round_of(supplier("s2")), said).nodes["s2"]
    assert (node.status, node.grade) == (Status.FOUND, "E0")


def test_less_than_the_grade_asked_for_is_a_gap() -> None:
    assert status_of(*answers_of("s2"), grade="E3") is Status.GAPS


def test_what_was_left_out_is_no_gap_where_a_supplier_answers_for_it() -> None:
    left_out = (Exclusion("third_party/", "theirs", see="s7"),)
    said = statement("s2", excluded=left_out, **naming("s7"))
    rounds = round_of(supplier("s2"), supplier("s7"))
    assert settle(rounds, answer(said), *answers_of("s7")).whole.worst is Status.CLEAN


def test_a_valid_answer_is_not_spoilt_by_what_somebody_else_sends_in_its_name() -> None:
    forged = answer(statement("s2", claim=Claim.FOUND), key="key-of-somebody")
    node = settle(round_of(supplier("s2")), forged, *answers_of("s2")).nodes["s2"]
    assert node.status is Status.CLEAN
    assert [status for _, status, _ in node.set_aside] == [Status.UNKNOWN_KEY]


def test_found_and_not_found_contradict_each_other_and_both_are_cited() -> None:
    first, second = statement("s2", claim=Claim.FOUND), statement("s2", made=ANSWERED + DAY)
    node = settle(round_of(supplier("s2")), answer(first), answer(second)).nodes["s2"]
    assert node.status is Status.CONTRADICTED
    assert first.digest[:19] in node.says[0]
    assert second.digest[:19] in node.says[0]


def test_a_removal_between_them_settles_it() -> None:
    found = statement("s2", claim=Claim.FOUND)
    removed = statement("s2", claim=Claim.REMOVED, made=ANSWERED + DAY)
    clean = statement("s2", made=ANSWERED + 2 * DAY)
    later = {"received": ANSWERED + 2 * DAY}
    assert status_of(answer(found), answer(removed, **later)) is Status.REMOVED
    assert status_of(answer(found), answer(removed, **later), answer(clean, **later)) is Status.CLEAN


def test_statements_about_different_contracts_do_not_contradict_each_other() -> None:
    both = Coverage(frozenset({"a", "b"}))
    first = statement("s2", claim=Claim.FOUND, covers=Coverage(frozenset({"a"})))
    second = statement("s2", made=ANSWERED + DAY, covers=Coverage(frozenset({"b"})))
    node = settle(round_of(supplier("s2", covers=both)), answer(first), answer(second)).nodes["s2"]
    assert (node.status, node.remainder, len(node.cited)) == (Status.FOUND, (), 2)


def test_what_no_statement_covers_is_listed_and_is_a_wrong_scope() -> None:
    covers = Coverage(frozenset({"harbour-watch"}), frozenset({"nav"}), (IMAGE,))
    resolution = settle(round_of(supplier("s2", covers=covers)), *answers_of("s2"))
    assert resolution.nodes["s2"].status is Status.WRONG_SCOPE
    assert resolution.remainder == {"s2": ("delivered nav.tar", "system nav")}


def test_our_own_scan_contradicts_not_found_and_both_are_cited() -> None:
    (said,) = answers_of("s2")
    node = settle(round_of(supplier("s2")), said, sightings=(SEEN,)).nodes["s2"]
    assert node.status is Status.CONTRADICTED
    assert "scan.json shows runtime-call at nav/client.py:12" in node.says[0]
    assert said.statement.digest[:19] in node.says[0]


@pytest.mark.parametrize(
    "seen",
    [
        replace(SEEN, maker="orrin"),
        replace(SEEN, relation="documentation-only"),
        replace(SEEN, relation="protocol-compatible-only"),
        replace(SEEN, supplier="s3"),
        replace(SEEN, seen=AT + DAY),
    ],
)
def test_what_is_of_another_maker_or_no_use_contradicts_nothing(seen: Sighting) -> None:
    assert settle(round_of(supplier("s2")), *answers_of("s2"), sightings=(seen,)).whole.worst is Status.CLEAN


def test_what_our_scan_shows_of_a_silent_supplier_is_found() -> None:
    assert settle(round_of(supplier("s2")), sightings=(SEEN,)).nodes["s2"].status is Status.FOUND


def test_a_supplier_may_take_its_statement_back_by_naming_its_digest() -> None:
    old = statement("s2", claim=Claim.FOUND)
    new = statement("s2", made=ANSWERED + DAY, supersedes=frozenset({old.digest}))
    later = ANSWERED + DAY
    node = settle(round_of(supplier("s2")), answer(old), answer(new, received=later)).nodes["s2"]
    assert node.status is Status.CLEAN
    assert node.set_aside == ((old.digest, Status.MISSING, f"withdrawn by {new.digest[:19]}"),)
    before = settle(round_of(supplier("s2")), answer(old), answer(new, received=later), at=later - timedelta(hours=1))
    assert before.nodes["s2"].status is Status.FOUND


@pytest.mark.parametrize("changes", [{"key": "key-of-somebody"}, {"damage": "torn"}, {"form": Form.TRANSCRIBED}])
def test_nobody_else_takes_it_back(changes: dict[str, object]) -> None:
    old = statement("s2", claim=Claim.FOUND)
    new = statement("s2", made=ANSWERED + DAY, supersedes=frozenset({old.digest}), claim=Claim.UNDER_REVIEW)
    assert status_of(answer(old), answer(new, **changes)) in {Status.FOUND, Status.GAPS}
    other = replace(new, supplier="s3", nonce="nonce-s3")
    rounds = round_of(supplier("s2"), supplier("s3"))
    assert settle(rounds, answer(old), answer(other)).nodes["s2"].status is Status.FOUND


def test_what_a_supplier_took_back_and_did_not_replace_leaves_it_missing() -> None:
    old = statement("s2")
    new = statement("s2", supersedes=frozenset({old.digest}), valid_until=ANSWERED + DAY)
    node = settle(round_of(supplier("s2")), answer(old), answer(new)).nodes["s2"]
    assert node.status is Status.EXPIRED


def test_an_answer_counts_from_when_it_came_in() -> None:
    assert settle(round_of(supplier("s2")), *answers_of("s2"), at=ANSWERED - DAY).nodes["s2"].status is Status.MISSING


def test_what_an_answer_names_has_to_answer_too_and_the_way_to_it_is_shown() -> None:
    resolution = settle(round_of(supplier("s2")), answer(statement("s2", **naming("s7"))))
    assert resolution.whole.worst is Status.MISSING
    assert resolution.whole.path == ("quayside", "s2", "s7")
    assert (resolution.whole.answered, resolution.whole.required) == (1, 2)
    assert resolution.unresolved == [("s2", "s7")]
    assert resolution.depth == 2


def test_a_supplier_we_know_of_ourselves_has_to_answer_whatever_the_answers_say() -> None:
    resolution = settle(round_of(supplier("s2", supplies_from=("s7",))), *answers_of("s2"))
    assert resolution.nodes["s7"].status is Status.MISSING


def test_an_exempt_supplier_need_not_answer_and_nor_need_what_is_behind_it() -> None:
    rounds = round_of(supplier("s2", exempt="a florist", supplies_from=("s7",)), supplier("s3"))
    resolution = settle(rounds, *answers_of("s3"))
    assert set(resolution.nodes) == {"s3"}
    assert resolution.whole.is_green


def test_a_statement_handed_on_counts_by_the_digest_that_its_customer_names() -> None:
    passed_on = statement("s7", asked_by="s2", nonce="drawn-by-s2")
    said = statement("s2", edges=(Edge("s7", statement=passed_on.digest),), none_reason="")
    rounds = round_of(supplier("s2"), supplier("s7"))
    assert settle(rounds, answer(said), answer(passed_on)).whole.is_green
    assert settle(rounds, answer(passed_on), *answers_of("s2")).nodes["s7"].status is Status.REPLAYED


def test_a_statement_that_is_named_and_not_handed_in_is_missing() -> None:
    said = statement("s2", edges=(Edge("s7", statement="sha256:" + "7" * 64),), none_reason="")
    node = settle(round_of(supplier("s2")), answer(said)).nodes["s7"]
    assert (node.status, node.says) == (
        Status.MISSING,
        ("s2 names a statement sha256:777777777777 that was not handed in",),
    )


def test_keys_that_a_supplier_names_for_its_own_count_only_where_we_let_it_vouch() -> None:
    passed_on = statement("s7", asked_by="s2", nonce="drawn-by-s2")
    edge = Edge("s7", statement=passed_on.digest, keys=(key_of("s7"),))
    said = answer(statement("s2", edges=(edge,), none_reason=""))
    assert settle(round_of(supplier("s2")), said, answer(passed_on)).nodes["s7"].status is Status.UNKNOWN_KEY
    assert settle(round_of(supplier("s2", may_vouch=True)), said, answer(passed_on)).whole.is_green


def test_nobody_vouches_for_a_supplier_whose_keys_we_have() -> None:
    forged = answer(statement("s7", asked_by="s2", nonce="drawn-by-s2"), key="key-of-s2")
    edge = Edge("s7", statement=forged.statement.digest, keys=("key-of-s2",))
    said = answer(statement("s2", edges=(edge,), none_reason=""))
    rounds = round_of(supplier("s2", may_vouch=True), supplier("s7"))
    assert settle(rounds, said, forged).nodes["s7"].status is Status.UNKNOWN_KEY


def test_who_names_the_one_who_asks_closes_a_circle_and_asks_nothing_of_it() -> None:
    said = answer(statement("s2", **naming("quayside")))
    resolution = settle(round_of(supplier("s2", supplies_from=("quayside",))), said)
    assert set(resolution.nodes) == {"s2"}
    assert resolution.whole.is_green


def test_a_signed_answer_speaks_rather_than_the_same_typed_in() -> None:
    (said,) = answers_of("s2")
    typed = answer(said.statement, form=Form.TRANSCRIBED, key="", received=ANSWERED + DAY)
    assert status_of(said, typed) is Status.CLEAN


def test_a_sealed_statement_is_shown_as_sealed_until_it_is_handed_in() -> None:
    hidden = statement("s7", asked_by="s2", nonce="drawn-by-s2")
    said = answer(statement("s2", edges=(Edge("p-1", statement=hidden.digest, sealed=True),), none_reason=""))
    rounds = round_of(supplier("s2"))
    sealed = settle(rounds, said)
    assert sealed.nodes["s2/p-1"].status is Status.SEALED
    assert not sealed.whole.is_green
    opened = settle(round_of(supplier("s2"), supplier("s7")), said, answer(hidden))
    assert set(opened.nodes) == {"s2", "s7"}
    assert opened.whole.is_green


def test_two_pseudonyms_of_two_suppliers_are_two_nodes() -> None:
    edges = {"edges": (Edge("p-1", statement="sha256:" + "7" * 64, sealed=True),), "none_reason": ""}
    resolution = settle(round_of(supplier("s2"), supplier("s3")), *answers_of("s2", "s3", **edges))
    assert {"s2/p-1", "s3/p-1"} <= set(resolution.nodes)


@pytest.mark.parametrize(
    ("summary", "status"),
    [
        (Summary(9, 7, Status.CLEAN), Status.MISSING),
        (Summary(9, 9, Status.CLEAN), Status.SEALED),
        (Summary(9, 9, Status.FOUND), Status.FOUND),
    ],
)
def test_a_suppliers_own_count_is_counted_and_never_better_than_sealed(summary: Summary, status: Status) -> None:
    resolution = settle(round_of(supplier("s2")), answer(statement("s2", summary=summary, none_reason="")))
    assert resolution.nodes["s2/rolled-up"].status is status
    assert (resolution.whole.answered, resolution.whole.required) == (1 + summary.answered, 10)
    assert not resolution.whole.is_green


def test_what_a_supplier_says_is_missing_is_missing_with_its_words() -> None:
    said = statement("s2", edges=(Edge("s5", missing="no answer since April"),), none_reason="")
    node = settle(round_of(supplier("s2")), answer(said)).nodes["s5"]
    assert (node.status, node.says) == (Status.MISSING, ("s2 says: no answer since April",))


def test_an_answer_that_does_not_stand_names_nobody() -> None:
    said = answer(statement("s2", **naming("s7")), damage="torn")
    assert set(settle(round_of(supplier("s2")), said).nodes) == {"s2"}


def test_each_contract_has_its_own_worst() -> None:
    rounds = round_of(
        supplier("s2"), supplier("s3", covers=Coverage(frozenset({"citizen-desk"})), supplies_from=("s9",))
    )
    resolution = settle(rounds, *answers_of("s2"))
    assert resolution.by_contract["harbour-watch"].is_green
    desk = resolution.by_contract["citizen-desk"]
    assert (desk.worst, desk.path, desk.answered, desk.required) == (Status.MISSING, ("quayside", "s3"), 0, 2)


def test_an_answer_to_an_earlier_round_or_to_another_supplier_is_a_replay() -> None:
    rounds = round_of(supplier("s2"))
    earlier = tuple(replace(each, round="round-0") for each in issued("s2"))
    assert settle(rounds, *answers_of("s2"), issued=earlier).nodes["s2"].status is Status.REPLAYED
    other = tuple(replace(each, supplier="s3") for each in issued("s2"))
    assert settle(rounds, *answers_of("s2"), issued=other).nodes["s2"].status is Status.REPLAYED


def test_nobody_to_be_asked_is_green_with_none_of_none() -> None:
    resolution = settle(round_of(none_reason="We buy nothing for this contract."))
    assert (resolution.whole.required, resolution.whole.is_green, resolution.by_status) == (0, True, {})

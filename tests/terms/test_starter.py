"""What `remit init` writes is accepted as it stands, and a pack's rows reach a register without harming it."""

from datetime import UTC, date, datetime

import pytest

from remit.errors import UsageError
from remit.terms.action import Action
from remit.terms.decision import Basis, Effect
from remit.terms.folder import REGISTER, Files, read_terms
from remit.terms.judge import decide
from remit.terms.starter import HOUSE_RULES, add_rows, starter_files
from remit.terms.terms import Terms
from remit.terms.use import Fact, Use, VouchedBy

DAY = date(2026, 2, 1)
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
ROWS = """\
parties:
  - {id: ministry, name: The ministry, role: authority}
  - id: quayside
    name: Quayside
    # An integrator works for somebody else.
    role: integrator
roles:
  - reviewer
names:
  use.sector:
    - transport
"""


def read(files: dict[str, str]) -> Terms:
    instruments = {path: text.encode() for path, text in files.items() if path != REGISTER}
    return read_terms(Files(files[REGISTER].encode(), instruments, {}))


def effect_of(terms: Terms, relation: str, maker: str, action: Action = Action.INTEGRATE) -> tuple[Effect, Basis]:
    values = {"organisation": "us", "scope.id": "everything", "model.relation": relation, "model.maker": maker}
    facts = {name: Fact(value, VouchedBy.MEASURED) for name, value in values.items()}
    decision = decide(terms, Use(action, facts), at=NOON)
    assert decision.settled
    return decision.effect, decision.basis


def test_a_starter_has_no_fault_and_one_scope_for_everything() -> None:
    terms = read(starter_files(DAY))
    (scope,) = terms.register.scopes
    assert (terms.register.organisation, scope.id, scope.serves) == ("us", "everything", ("**",))


@pytest.mark.parametrize(
    "relation", ["documentation-only", "vendor-open-source", "protocol-compatible-only", "dormant"]
)
def test_a_starter_permits_what_nobody_minds(relation: str) -> None:
    assert effect_of(read(starter_files(DAY)), relation, "mistral") == (Effect.PERMIT, Basis.POLICY)


def test_a_starter_permits_development_tools_and_asks_for_a_record() -> None:
    terms = read(starter_files(DAY))
    facts = {"model.relation": Fact("development-tool", VouchedBy.MEASURED)}
    decision = decide(terms, Use(Action.INTEGRATE, facts), at=NOON)
    assert decision.effect is Effect.PERMIT
    assert [owed.duty for owed in decision.duties] == ["log"]


def test_a_starter_permits_no_maker_and_no_call() -> None:
    terms = read(starter_files(DAY))
    for maker in terms.catalogue.makers:
        for relation in ("runtime-call", "embedded-in-product", "local-weights"):
            assert effect_of(terms, relation, maker) == (Effect.DENY, Basis.NOTHING)
        assert effect_of(terms, "dormant", maker, Action.INVOKE) == (Effect.DENY, Basis.NOTHING)


def test_a_starter_permits_nothing_before_its_day() -> None:
    facts = {"model.relation": Fact("dormant", VouchedBy.MEASURED)}
    before = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert decide(read(starter_files(DAY)), Use(Action.INTEGRATE, facts), at=before).effect is Effect.DENY


def test_the_clause_in_the_comment_permits_one_maker_once_its_signs_are_taken_away() -> None:
    files = starter_files(DAY)
    head, _, tail = files[HOUSE_RULES].partition("  # - id: one-maker")
    opened = "  # - id: one-maker" + tail
    files[HOUSE_RULES] = head + opened.replace("  # ", "  ").replace("NAME", "mistral")
    terms = read(files)
    assert effect_of(terms, "runtime-call", "mistral") == (Effect.PERMIT, Basis.POLICY)
    assert effect_of(terms, "runtime-call", "cohere") == (Effect.DENY, Basis.NOTHING)


def test_the_scope_in_the_comment_can_be_opened_too() -> None:
    files = starter_files(DAY)
    head, _, tail = files[REGISTER].partition("  # - id: harbour-contract")
    files[REGISTER] = head + ("  # - id: harbour-contract" + tail).replace("  # ", "  ")
    register, _ = add_rows(files[REGISTER], ROWS)
    terms = read(files | {REGISTER: register})
    assert [scope.id for scope in terms.register.scopes] == ["everything", "harbour-contract"]


def test_rows_go_below_those_that_stand_there_and_leave_every_line_as_it_is() -> None:
    own = starter_files(DAY)[REGISTER]
    text, notes = add_rows(own, ROWS)
    assert notes == ()
    lines = text.splitlines()
    added = [line for line in lines if line.strip() and line not in own.splitlines()]
    assert [line for line in lines if line not in added] == [*own.splitlines(), "", ""]
    assert "\n".join(added) == (
        "  - {id: ministry, name: The ministry, role: authority}\n"
        "  - id: quayside\n"
        "    name: Quayside\n"
        "    # An integrator works for somebody else.\n"
        "    role: integrator\n"
        "roles:\n"
        "  - reviewer\n"
        "names:\n"
        "  use.sector:\n"
        "    - transport"
    )


def test_rows_added_twice_stand_once() -> None:
    once, _ = add_rows(starter_files(DAY)[REGISTER], ROWS)
    assert add_rows(once, ROWS) == (once, ())


def test_a_row_of_ones_own_stays_and_the_difference_is_told() -> None:
    own = "organisation: us\nparties:\n  - {id: us}\n  - {id: ministry, name: Ours}\n"
    text, notes = add_rows(own, ROWS)
    assert "name: Ours" in text
    assert "The ministry" not in text
    assert notes == ("parties: ministry stands in remit.yaml already and was kept as it is there",)


@pytest.mark.parametrize(
    "own",
    [
        "parties:\n- id: us\n\n# The end.\n",
        "parties:\n- {id: us}\nroles:\n- clerk\nnames:\n   use.sector:\n     - mining\n   use.purpose: [a]\n",
        "parties:\n- {id: us}\nnames:\n  use.sector:\n  - mining\n",
        "parties:\n- {id: us}\n",
        "names:\n  use.purpose:\n  - mining\n",
        "names:\n        use.sector: \n         - mining\nparties:\n        - {id: us}\n",
        "parties:\n  - {id: us}\nroles:\n  - reviewer\nnames:\n  use.sector:\n    - transport",
        "standing:\n  - {instrument: x}\nparties:\n  - id: us\n    name: |\n      Us\n\n      and all of us\n",
    ],
)
def test_rows_find_their_place_in_a_register_of_another_hand(own: str) -> None:
    text, notes = add_rows(own, ROWS)
    assert notes == ()
    assert all(line in text.splitlines() for line in own.splitlines())
    assert add_rows(text, ROWS) == (text, ())


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("parties: [{id: us}]\n", "Nothing was written: in remit.yaml it does not show where something can be added"),
        ("parties: [{id: us},\n  {id: them}]\n", "Nothing was written: in remit.yaml it does not show"),
        ("roles:\nparties:\n  - {id: us}\n", "where something can be added to roles."),
        ("names: {use.sector: [a]}\n", "where something can be added to its rows."),
        ("names: {use.sector: [a]}\n", "Write its rows one below the other, each after a dash"),
        ("parties: {id: us}\nroles: clerk\n", "where something can be added to parties."),
        ("parties:\n  - {id: us,\n  name: Us}\n", "where something can be added to its rows."),
        ("parties:\n  - id: us\n    name: |\n      Us\n\n      # and more\n", "be added to its rows."),
        ("", "remit.yaml:1:1 is not usable: the file is empty."),
        ("a: 1\na: 2\n", "remit.yaml:2:1 is not usable: the key stands twice"),
    ],
)
def test_a_register_in_which_no_place_shows_is_refused(own: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"^Nothing was written") as raised:
        add_rows(own, ROWS)
    assert said in str(raised.value)


def test_a_word_that_stands_alike_in_both_is_no_matter() -> None:
    own = "organisation: us\nparties:\n  - {id: us}\n"
    assert add_rows(own, "organisation: us\n") == (own, ())

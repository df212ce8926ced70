"""A folder of terms on disk: what of it is read, what is not, and that nothing is left out in silence."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest

from remit.errors import NothingToLookAt, TermsUnusable
from remit.terms.document import LARGEST_FILE
from remit.terms.folder import load_terms, terms_files
from tests.terms.writing import IN_FORCE, SCENE, clause, instrument, write_yaml

if TYPE_CHECKING:
    from pathlib import Path

POLICY = instrument("policy", "policy", clause("no", "forbid", boundary=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "remit"
    (place / "instruments" / "halden").mkdir(parents=True)
    (place / "remit.yaml").write_text(write_yaml(SCENE.register), encoding="utf-8")
    (place / "instruments/halden/policy.yaml").write_text(write_yaml(POLICY), encoding="utf-8")
    return place


def faults_in(folder: Path) -> list[str]:
    with pytest.raises(TermsUnusable) as unusable:
        load_terms(folder)
    return [f"{fault.path} {fault.says}" for fault in unusable.value.faults]


def test_every_instrument_at_any_depth_is_read(folder: Path) -> None:
    other = write_yaml(instrument("other", "policy", clause("yes", "permit")))
    (folder / "instruments/other.yml").write_text(other, encoding="utf-8")
    terms = load_terms(folder)
    assert [(item.id, item.path) for item in terms.instruments] == [
        ("policy", "instruments/halden/policy.yaml"),
        ("other", "instruments/other.yml"),
    ]
    assert terms.instruments[0].clauses[0].where == "instruments/halden/policy.yaml:1"
    assert terms.instrument("other") is terms.instruments[1]
    assert terms.instrument("none") is None


def test_the_files_of_the_terms_are_those_that_are_read(folder: Path) -> None:
    (folder / "cases").mkdir()
    for name in ("instruments/o.yaml.sig", "instruments/notes.md", "cases/c.yaml"):
        (folder / name).write_text("", encoding="utf-8")
    assert [path.relative_to(folder).as_posix() for path in terms_files(folder)] == [
        "instruments/halden/policy.yaml",
        "instruments/o.yaml.sig",
        "cases/c.yaml",
        "remit.yaml",
    ]


def test_the_digest_is_that_of_every_file_and_of_no_other(folder: Path) -> None:
    before = load_terms(folder).digest
    for name in ("notes.md", ".hidden.yaml", "policy.yaml~", "#policy.yaml#"):
        (folder / "instruments" / name).write_text("- {", encoding="utf-8")
    assert load_terms(folder).digest == before
    (folder / "remit.yaml").write_text(write_yaml(SCENE.register) + " # said", encoding="utf-8")
    assert load_terms(folder).digest != before


@pytest.mark.parametrize("missing", ["", "remit.yaml"])
def test_where_there_are_no_terms_nothing_is_read(folder: Path, missing: str) -> None:
    if missing:
        (folder / missing).unlink()
    place = folder if missing else folder / "elsewhere"
    with pytest.raises(NothingToLookAt, match=r"Nothing was read: .*remit init writes one"):
        load_terms(place)


def test_a_register_alone_is_terms_that_permit_nothing(folder: Path) -> None:
    (folder / "instruments/halden/policy.yaml").unlink()
    (folder / "instruments/halden").rmdir()
    (folder / "instruments").rmdir()
    assert load_terms(folder).instruments == ()


def test_two_faults_in_two_files_come_at_once(folder: Path) -> None:
    (folder / "instruments/a.yaml").write_text("instrument: a", encoding="utf-8")
    (folder / "instruments/b.yaml").write_text("instrument: b\nkind: order\nby: nobody", encoding="utf-8")
    assert faults_in(folder) == [
        "instruments/a.yaml missing: the party that issued it",
        "instruments/a.yaml missing: one of policy, grant, authorisation, order, waiver, statement",
        "instruments/b.yaml missing: the rules of this instrument",
        "instruments/b.yaml missing: its history: - {state: in-force, from: INSTANT, known: INSTANT}",
        "instruments/b.yaml unknown party; known: board, brook, halden, ministry, orrin, quayside",
    ]


def test_two_files_without_a_name_are_two_faults(folder: Path) -> None:
    nameless = {key: value for key, value in POLICY.items() if key != "instrument"}
    for name in ("a", "b"):
        (folder / f"instruments/{name}.yaml").write_text(write_yaml(nameless), encoding="utf-8")
    assert faults_in(folder) == [
        f"instruments/{name}.yaml missing: an instrument needs a name to be cited by" for name in ("a", "b")
    ]


def test_a_clause_that_is_none_does_not_shift_the_faults_of_the_others(folder: Path) -> None:
    waiver = instrument("w", "waiver", {"id": "x", "lift": "nothing-at-all"})
    text = write_yaml(waiver).replace("clauses: [", "clauses: [~, ")
    (folder / "instruments/w.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(TermsUnusable) as unusable:
        load_terms(folder)
    assert [(fault.key, fault.says) for fault in unusable.value.faults] == [
        ("clauses[0]", "expected keys with values, found nothing"),
        ("clauses[1].lift", "unknown instrument; known: policy, w"),
    ]


def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    (folder / "instruments/again.yaml").symlink_to(folder / "instruments/halden/policy.yaml")
    assert faults_in(folder) == ["instruments/halden/policy.yaml instruments/again.yaml bears this name already"]


def test_a_link_that_leads_out_of_the_folder_is_not_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("token: abc", encoding="utf-8")
    (folder / "instruments/out.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "instruments/up.yaml").symlink_to("../../secret.yaml")
    says = "a link that leads out of the terms folder; it was not read"
    assert faults_in(folder) == [f"instruments/{name}.yaml {says}" for name in ("out", "up")]


def test_a_register_that_leads_out_of_the_folder_ends_the_reading(folder: Path, tmp_path: Path) -> None:
    (folder / "remit.yaml").rename(tmp_path / "remit.yaml")
    (folder / "remit.yaml").symlink_to(tmp_path / "remit.yaml")
    assert faults_in(folder) == ["remit.yaml a link that leads out of the terms folder; it was not read"]


def test_a_link_to_a_folder_is_told_and_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (folder / "instruments/more").symlink_to(tmp_path / "more")
    assert faults_in(folder) == ["instruments/more a link to a folder; it was not followed"]


def test_links_in_a_circle_are_told(folder: Path) -> None:
    (folder / "instruments/a.yaml").symlink_to("b.yaml")
    (folder / "instruments/b.yaml").symlink_to("a.yaml")
    assert [fault.split(" ", 1)[0] for fault in faults_in(folder)] == ["instruments/a.yaml", "instruments/b.yaml"]


def test_a_link_to_nothing_is_told(folder: Path) -> None:
    (folder / "instruments/gone.yaml").symlink_to("nowhere.yaml")
    assert faults_in(folder) == ["instruments/gone.yaml could not be read: No such file or directory"]


def test_instruments_that_are_no_folder_are_told(folder: Path, tmp_path: Path) -> None:
    (folder / "instruments").rename(tmp_path / "elsewhere")
    (folder / "instruments").write_text("", encoding="utf-8")
    assert faults_in(folder) == ["instruments could not be read: Not a directory"]
    (folder / "instruments").unlink()
    (folder / "instruments").symlink_to("nowhere")
    assert faults_in(folder) == ["instruments could not be read: No such file or directory"]


def test_a_pipe_is_told_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "instruments/pipe.yaml")
    assert faults_in(folder) == ["instruments/pipe.yaml not a file; it was not read"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(folder: Path) -> None:
    (folder / "instruments/halden/policy.yaml").chmod(0)
    assert faults_in(folder) == ["instruments/halden/policy.yaml could not be read: Permission denied"]
    (folder / "instruments/halden").chmod(0)
    assert faults_in(folder) == ["instruments/halden could not be read: Permission denied"]
    (folder / "instruments/halden").chmod(0o755)


def test_a_name_that_is_no_text_is_told(folder: Path) -> None:
    with open(os.fsencode(folder / "instruments") + b"/\xff.yaml", "wb"):  # noqa: PTH123  # a name that is no text
        pass
    assert faults_in(folder) == ["'instruments/\\udcff.yaml' a name that is not plain text; it was not read"]


def test_a_file_that_is_too_large_is_not_read_whole(folder: Path) -> None:
    with (folder / "instruments/large.yaml").open("wb") as stream:
        stream.truncate(50 * LARGEST_FILE)
    assert faults_in(folder) == ["instruments/large.yaml the file has more than 8 MB; it was not read"]


LATER = {"instrument": "policy", "state": "lifted", "from": "2026-02-01", "known": "2026-02-03"}


def register_with(folder: Path, **standing: object) -> None:
    register = {**SCENE.register, "standing": [{**LATER, **standing}]}
    (folder / "remit.yaml").write_text(write_yaml(register), encoding="utf-8")


def test_what_was_learned_later_is_added_to_the_history(folder: Path) -> None:
    register_with(folder, by="board", note="on appeal")
    [policy] = load_terms(folder).instruments
    assert [entry.state.value for entry in policy.standing.entries] == ["in-force", "lifted"]
    assert policy.standing.entries[1].note == "on appeal"


def test_what_was_learned_later_stands_in_its_place_in_the_history(folder: Path) -> None:
    register_with(folder, **{"from": "2025-06-01"})
    [policy] = load_terms(folder).instruments
    assert [entry.state.value for entry in policy.standing.entries] == ["lifted", "in-force"]
    register_with(folder, **{"from": IN_FORCE["from"], "known": IN_FORCE["known"]})
    [policy] = load_terms(folder).instruments
    assert [entry.state.value for entry in policy.standing.entries] == ["in-force", "lifted"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"instrument": "polici"}, "unknown instrument; did you mean policy?"),
        ({"covers": ["quaysid"]}, "unknown party; did you mean quayside?"),
        ({"by": "boarde"}, "unknown party; did you mean board?"),
        ({"contested_by": "haldn"}, "unknown party; did you mean halden?"),
        ({"state": "asserted"}, "a policy is in force or it is not; only a statement is asserted"),
        ({"until": "2026-01-31"}, "not after from; the entry would never count"),
        ({"unless": "x"}, "unknown key"),
    ],
)
def test_a_mistake_in_what_was_learned_later_is_told(folder: Path, wrong: dict[str, object], says: str) -> None:
    register_with(folder, **wrong)
    [fault] = faults_in(folder)
    assert fault.startswith(f"remit.yaml {says}")


def test_a_grant_must_say_in_the_register_too_when_it_ends(folder: Path) -> None:
    grant = instrument("policy", "grant", clause("yes", "permit"))
    (folder / "instruments/halden/policy.yaml").write_text(write_yaml(grant), encoding="utf-8")
    register_with(folder, state="in-force")
    assert faults_in(folder) == ["remit.yaml missing: a grant must say when it ends"]


@pytest.mark.parametrize("wanted", [True, False])
def test_the_collector_is_left_as_it_was_found(folder: Path, *, wanted: bool) -> None:
    found = gc.isenabled()
    (gc.enable if wanted else gc.disable)()
    try:
        load_terms(folder)
        assert gc.isenabled() is wanted
        (folder / "remit.yaml").write_text("", encoding="utf-8")
        faults_in(folder)
        assert gc.isenabled() is wanted
    finally:
        (gc.enable if found else gc.disable)()

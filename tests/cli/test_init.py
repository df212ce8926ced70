"""`remit init` writes terms that can be judged by at once, adds packs to them, and overwrites nothing."""

from pathlib import Path

import pytest

from remit.cli import init
from remit.cli.exit import Exit
from remit.cli.main import main
from remit.terms.folder import load_terms

FOUND = {"remit/remit.yaml", "remit/instruments/house-rules.yaml"}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pack(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack of the test's own, where those that ship with Remit are looked for."""
    package = tmp_path_factory.mktemp("package")
    folder = package / "packs" / "tern-ban"
    (folder / "instruments").mkdir(parents=True)
    (folder / "README.md").write_text("# Tern ban\n\nForbids the models of tern.\nAnd no others.\n")
    (folder / "register.yaml").write_text("parties:\n  - {id: ministry, name: The ministry}\nmakers:\n  - {id: tern}\n")
    (folder / "instruments/order.yaml").write_text(
        "instrument: tern-ban\nkind: order\nby: ministry\n"
        "standing:\n  - {state: in-force, from: 2026-01-01, known: 2026-01-01}\n"
        "clauses:\n  - {id: all, forbid: [invoke], when: {model.maker: tern}}\n"
    )
    monkeypatch.setattr(init, "files", lambda _: package)
    return folder


def files_below(place: Path) -> set[str]:
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


def test_a_starter_is_written_without_a_question_and_can_be_loaded(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == Exit.WITHIN
    assert files_below(place) == FOUND
    assert capsys.readouterr().out == "Wrote remit/instruments/house-rules.yaml\nWrote remit/remit.yaml\n"
    assert load_terms(place / "remit").register.organisation == "us"


def test_a_starter_can_be_put_where_one_says(place: Path) -> None:
    assert main(["init", "some where/terms"]) == Exit.WITHIN
    assert load_terms(place / "some where/terms").instruments[0].id == "house-rules"


@pytest.mark.parametrize("there", sorted(FOUND))
def test_what_stands_there_is_never_overwritten_and_nothing_else_is_written(
    there: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / there).parent.mkdir(parents=True)
    (place / there).write_text("mine")
    assert main(["init"]) == Exit.MISUSED
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"Nothing was written: {there} exists already."
    assert said[1] == "  Not written: remit/instruments/house-rules.yaml, remit/remit.yaml"
    assert files_below(place) == {there}
    assert (place / there).read_text() == "mine"


def test_a_second_start_names_both_files(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == Exit.WITHIN
    assert main(["init"]) == Exit.MISUSED
    assert "house-rules.yaml, remit/remit.yaml exist already.\n" in capsys.readouterr().err
    assert files_below(place) == FOUND


def test_a_pack_comes_with_its_instruments_its_words_and_its_rows(pack: Path, place: Path) -> None:
    assert main(["init", "--pack", pack.name, "--pack", pack.name]) == Exit.WITHIN
    assert files_below(place) == FOUND | {
        "remit/instruments/tern-ban/README.md",
        "remit/instruments/tern-ban/order.yaml",
    }
    terms = load_terms(place / "remit")
    assert [party.id for party in terms.register.parties] == ["us", "ministry"]
    assert [maker.id for maker in terms.register.makers] == ["tern"]


def test_a_pack_can_be_added_to_terms_that_stand_there(
    pack: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == Exit.WITHIN
    register = place / "remit/remit.yaml"
    register.write_text(register.read_text().replace("name: Our organisation", "name: Quayside"))
    (place / "remit/instruments/own.yaml").write_text(
        (place / "remit/instruments/house-rules.yaml").read_text().replace("house-rules", "own-rules")
    )
    capsys.readouterr()
    assert main(["init", "--pack", pack.name]) == Exit.WITHIN
    assert capsys.readouterr().out.splitlines()[-1] == "Added rows to remit/remit.yaml"
    assert "name: Quayside" in register.read_text()
    assert {item.id for item in load_terms(place / "remit").instruments} == {
        "house-rules",
        "own-rules",
        "tern-ban",
    }


def test_a_row_that_was_kept_is_told(pack: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == Exit.WITHIN
    register = place / "remit/remit.yaml"
    register.write_text(register.read_text().replace("scopes:", "  - {id: ministry}\nscopes:", 1))
    assert main(["init", "--pack", pack.name]) == Exit.WITHIN
    told = "  parties: ministry stands in remit.yaml already and was kept as it is there\n"
    assert capsys.readouterr().out.endswith(told)


def test_a_pack_that_is_there_already_is_refused(pack: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--pack", pack.name]) == Exit.WITHIN
    before = {path: (place / path).read_bytes() for path in files_below(place)}
    assert main(["init", "--pack", pack.name]) == Exit.MISUSED
    assert "tern-ban/order.yaml exist already." in capsys.readouterr().err
    assert {path: (place / path).read_bytes() for path in files_below(place)} == before


def test_nothing_is_written_where_the_terms_would_have_a_fault(
    pack: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = pack / "instruments/order.yaml"
    order.write_text(order.read_text().replace("maker: tern", "maker: turn"))
    assert main(["init", "--pack", pack.name]) == Exit.MISUSED
    said = capsys.readouterr().err
    assert said.startswith("Nothing was written: the terms would have faults.\n")
    assert "tern-ban/order.yaml:7:" in said
    assert files_below(place) == set()


def test_a_pack_is_not_added_to_terms_that_have_faults(
    pack: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "remit").mkdir()
    (place / "remit/remit.yaml").write_bytes(b"organisation: \xff\n")
    assert main(["init", "--pack", pack.name]) == Exit.MISUSED
    assert "not UTF-8" in capsys.readouterr().err
    assert files_below(place) == {"remit/remit.yaml"}


def test_where_one_file_cannot_be_written_none_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "remit").mkdir()
    (place / "remit/instruments").write_text("a file where a folder should be")
    assert main(["init"]) == Exit.FAILED
    said = capsys.readouterr().err
    assert said.startswith("The terms were not written: ")
    assert said.endswith(("exists.\n", "Not a directory.\n"))
    assert "Errno" not in said
    assert files_below(place) == {"remit/instruments"}


@pytest.mark.usefixtures("pack")
def test_packs_are_listed_with_a_sentence_each(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--list"]) == Exit.WITHIN
    assert capsys.readouterr().out == "tern-ban  Forbids the models of tern.\n"
    assert files_below(place) == set()


@pytest.mark.usefixtures("pack")
def test_an_unknown_pack_is_answered_with_the_one_meant(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--pack", "turn-ban"]) == Exit.MISUSED
    said = "Nothing was written: turn-ban: unknown pack; did you mean tern-ban?"
    assert capsys.readouterr().err.startswith(said)
    assert files_below(place) == set()

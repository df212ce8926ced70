"""The catalogue on the command line: what it lists, the rows of one's own, and the check that keeps it whole."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from remit.cli.main import main
from remit.cli.why import vouched
from remit.errors import TermsUnusable
from remit.scan.own_rows import read_own, shipped
from remit.scan.run import known_for, scan
from remit.scan.upkeep import faults_in, stale_rows
from remit.terms.catalogue import shipped_catalogue
from tests.scan.sources import write_files

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "source=https://docs.halden.example/api"
MAKER = ["makers", "id=other:halden", "name=Halden", "parent=Halden", "domicile=NO", "words=halden", SOURCE]
HOST = ["hosts", "host=api.halden.example", "maker=other:halden", "channel=direct", SOURCE]
CALL = b'import requests\nrequests.post("https://api.halden.example/v1", json={"model": "heron-3"})\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "remit").mkdir()
    (tmp_path / "a.py").write_bytes(CALL)
    return tmp_path


def add(*words: str) -> int:
    return main(["catalogue", "add", *words])


def test_no_row_that_ships_is_at_fault_and_none_overlaps_another() -> None:
    tables = shipped()
    assert list(faults_in(tables, tables)) == []
    assert list(stale_rows(tables, date(2026, 11, 23), 400)) == []


def test_a_row_is_stale_once_nobody_has_looked_for_long() -> None:
    rows = {"makers": [{"id": "other:halden", "date": "2026-01-01"}]}
    assert list(stale_rows(rows, date(2026, 1, 31), 30)) == []
    ((table, name, says),) = stale_rows(rows, date(2026, 2, 1), 30)
    assert (table, name, says) == ("makers", "other:halden", "its source was last looked at 31 days ago, on 2026-01-01")


def test_a_scan_finds_what_an_organisation_added(here: Path) -> None:
    assert scan([here])[0].makers == {}
    assert add(*MAKER) == 0
    assert add(*HOST) == 0
    assert add("families", "family=heron", "maker=other:halden", "starts=heron-", "weights=closed", SOURCE) == 0
    assert add("models", "id=heron-3", "maker=other:halden", "family=heron", "aliases=bird,quayside-chat", SOURCE) == 0
    (found,) = scan([here])
    (made,) = found.makers["other:halden"]
    assert (made.strength.value, made.models) == ("integrated", ("heron-3",))
    write_files(here, {"a.py": b'client.chat(model="quayside-chat")\n'})
    assert list(scan([here])[0].makers) == ["other:halden"]


@pytest.mark.usefixtures("here")
def test_a_cache_forgets_what_was_found_without_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "."]) == 0
    assert add(*MAKER) == add(*HOST) == 0
    capsys.readouterr()
    assert main(["scan", "."]) == 0
    assert "other:halden" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["hosts", "host=api.openai.com", "maker=openai", "channel=direct", SOURCE], "has a row already (ours)"),
        (["hosts", "host=x.halden.example", "maker=other:nobody", "channel=direct", SOURCE], "no maker other:nobody"),
        (
            ["hosts", "host=x.halden.example", "chanel=direct", "maker=openai", SOURCE],  # misspelt on purpose
            "did you mean channel?",
        ),
        (["hosts", "host=x.halden.example", "maker=openai", "channel=direct"], "the column source is missing"),
        (["hosts", "host=x.example", "maker=openai", "channel=direct", "source=ftp://x"], "a public https address"),
        (["hosts", "host=x.example", "maker=openai", "channel=direct", SOURCE, "date=soon"], "a day such as"),
        (["families", "family=heron", "maker=cohere", "starts=gpt-4-heron", SOURCE], "begins as gpt-4"),
        (["models", "id=heron", "maker=cohere", "family=x", "aliases=gpt-4o", SOURCE], "gpt-4o has a row already"),
        (["makers", "halden"], "is not COLUMN=VALUE"),
    ],
)
def test_a_row_at_fault_is_not_added(
    words: list[str], says: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(*words) == 2
    said = capsys.readouterr().err
    assert said.startswith("Nothing was added: ")
    assert says in said
    assert not (here / "remit" / "catalogue").exists()


def test_there_must_be_a_folder_of_terms_to_add_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(*MAKER, "--terms", str(tmp_path / "none")) == 3
    assert capsys.readouterr().err.startswith("Nothing was added: there is no terms folder")


@pytest.mark.parametrize("text", ["- [1]\n", "- {\n", "- {id: x}\n", "\xff"])
def test_a_scan_stops_where_rows_beside_the_terms_cannot_be_read(text: str, here: Path) -> None:
    write_files(here, {"remit/catalogue/makers.yaml": text.encode("latin-1")})
    with pytest.raises(TermsUnusable, match=r"catalogue/makers\.yaml"):
        read_own(here / "remit")
    with pytest.raises(TermsUnusable):
        known_for(here / "remit")


@pytest.mark.usefixtures("here")
def test_a_check_counts_and_tells_what_is_to_be_mended(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", "check", "--at", "2026-11-23"]) == 0
    assert capsys.readouterr().out.endswith(" rows: 0 with faults, 0 stale.\n")
    assert add(*MAKER, "date=2020-01-01") == 0
    capsys.readouterr()
    assert main(["catalogue", "check", "--at", "2026-11-23"]) == 4
    assert "other:halden" in capsys.readouterr().out
    assert main(["catalogue", "check", "--at", "2026-11-23", "--format", "json"]) == 4
    assert '"kind": "stale"' in capsys.readouterr().out
    assert main(["catalogue", "check", "--at", "soon"]) == 2


@pytest.mark.parametrize(
    ("table", "maker", "says"),
    [
        ("models", "nobody-known", "See: remit catalogue list makers"),
        ("models", "openi", "Did you mean: openai"),
        ("licences", "openai", "no row of licences is of openai"),
    ],
)
def test_a_list_of_nothing_says_so(table: str, maker: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", "list", table, "--maker", maker]) == 3
    assert says in capsys.readouterr().err


def test_a_guessed_model_has_no_licence() -> None:
    row: dict[str, Any] = next(row for row in shipped()["families"] if row["licence"])

    guess = shipped_catalogue().guess(f"{row['starts'][0]}-unheard-of-9")
    assert (guess.family, guess.licence) == (row["family"], "")


@pytest.mark.parametrize(
    ("given", "parted"),
    [
        ("mistral@measured", ("mistral", "measured")),
        ("gemini-1.5-pro@002", ("gemini-1.5-pro@002", "")),
        ("gemini-1.5-pro@002@measured", ("gemini-1.5-pro@002", "measured")),
        ("mistral@measurd", ("mistral", "measurd")),  # misspelt on purpose
        ("claude-3-5-sonnet@latest", ("claude-3-5-sonnet@latest", "")),
        ("plain", ("plain", "")),
    ],
)
def test_the_sign_within_the_id_of_a_model_parts_nothing(given: str, parted: tuple[str, str]) -> None:
    assert vouched(given) == parted

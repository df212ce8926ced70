"""The commands around a folder of terms, as somebody uses them who makes mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from remit.cli.exit import Exit
from remit.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HARBOUR = "harbour/remit"
WATCH = ("scope.id=harbour-watch", "use.effect=inform", "--at", "2026-09-01")


class Said(Protocol):
    def __call__(self, *words: str, code: int = Exit.WITHIN) -> str: ...


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "examples" / "harbour", tmp_path / "harbour")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """Runs a command that must end with a code, and returns all that it printed."""

    def run(*words: str, code: int = Exit.WITHIN) -> str:
        capsys.readouterr()
        found = main(list(words))
        out, err = capsys.readouterr()
        assert found == code, out + err
        return out + err

    yield run
    capsys.readouterr()


def spoil(name: str, old: str, new: str) -> None:
    path = Path(HARBOUR, name)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("words", [("check",), ("explain",), ("timeline",), ("test",), ("prove",), ("export", "json")])
def test_terms_that_are_not_there_are_nothing_to_look_at(words: tuple[str, ...], said: Said) -> None:
    text = said("terms", *words, "nowhere", code=Exit.NOTHING)
    assert "there is no" in text
    assert "nowhere" in text


@pytest.mark.parametrize("command", ["check", "explain", "timeline", "test", "prove"])
def test_terms_with_faults_are_refused_with_every_fault_and_its_line(command: str, said: Said) -> None:
    spoil("instruments/house-rules.yaml", "track-people", "track-peple")  # misspelt on purpose
    spoil("remit.yaml", "organisation: quayside", "organisation: quaysid")  # misspelt on purpose
    text = said("terms", command, HARBOUR, code=Exit.MISUSED)
    assert "did you mean track-people?" in text
    assert "did you mean quayside?" in text
    assert "instruments/house-rules.yaml:" in text


def test_a_use_is_told_why_and_the_code_says_what_it_comes_to(said: Said) -> None:
    why = ("why", "--terms", HARBOUR)
    assert "Denied (outside)" in said(*why, "use.effect=track-people", "scope.id=harbour-watch", code=Exit.CROSSED)
    record = json.loads(said(*why, *WATCH, "model.maker=mistral", "--format", "json", code=Exit.OUTSIDE))
    assert record["effect"] == "deny"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["use.purpos=answer"], "did you mean use.purpose?"),  # misspelt on purpose
        (["use.purpose"], "is not ATTRIBUTE=VALUE"),
        (["use.purpose="], "is not ATTRIBUTE=VALUE"),
        (["people.call=many"], "people.call"),
        (["--at", "soon"], "--at 'soon'"),
    ],
)
def test_a_use_that_cannot_be_read_is_not_judged(words: list[str], says: str, said: Said) -> None:
    text = said("why", "--terms", HARBOUR, *words, code=Exit.MISUSED)
    assert "othing was judged" in text
    assert says in text


def test_cases_that_come_out_otherwise_are_told_with_the_argument(said: Said) -> None:
    assert "cases come out as expected." in said("terms", "test", HARBOUR)
    spoil("cases/own-work.yaml", "permit", "deny")
    text = said("terms", "test", HARBOUR, code=Exit.OUTSIDE)
    assert "own-work.yaml:" in text
    records = json.loads(said("terms", "test", HARBOUR, "--format", "json", code=Exit.OUTSIDE))
    assert sum(bool(record["differences"]) for record in records) >= 1
    assert "there is no file none.yaml" in said("terms", "test", HARBOUR, "--cases", "none.yaml", code=Exit.NOTHING)
    shutil.rmtree(Path(HARBOUR, "cases"))
    assert "holds no file of cases" in said("terms", "test", HARBOUR, code=Exit.NOTHING)


def test_the_timeline_and_the_explanation_speak_of_each_instrument(said: Said) -> None:
    names = {path.stem for path in Path(HARBOUR, "instruments").glob("*.yaml")}
    timeline, explained = said("terms", "timeline", HARBOUR), said("terms", "explain", HARBOUR)
    assert [name for name in names if name not in timeline] == []
    assert [name for name in names if name not in explained] == []
    dates = [line.split()[0] for line in timeline.splitlines() if line.startswith("20")]
    assert dates == sorted(dates)


def test_what_is_exported_is_the_same_every_time(said: Said) -> None:
    for form in ("json", "cedar", "schema"):
        words = ("terms", "export", form, HARBOUR, "--at", "2026-09-01")
        assert said(*words) == said(*words)


def test_an_order_that_takes_the_last_model_away_exits_with_outside(said: Said) -> None:
    order = Path("order.yaml")
    order.write_text(
        "instrument: stop-all\nkind: order\nby: ministry\nwaivable_by: ministry\n"
        "standing: [{state: in-force, from: 2026-09-01, known: 2026-09-01}]\n"
        "clauses:\n  - {id: all, forbid: [invoke, act, integrate]}\n"
    )
    text = said("whatif", str(order), "--terms", HARBOUR, "--at", "2026-09-02", code=Exit.OUTSIDE)
    assert "stop-all" in text
    assert "no file" in said("whatif", "none.yaml", "--terms", HARBOUR, code=Exit.NOTHING)


def test_the_catalogue_says_what_it_holds_and_what_it_does_not(said: Said) -> None:
    shown = said("catalogue", "show", "claude-sonnet-4-5")
    assert "maker" in shown
    assert "source" in shown
    assert "mistral" in said("catalogue", "show", "mistrall", code=Exit.NOTHING)  # misspelt on purpose


def test_colour_comes_only_where_somebody_looks(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = said("check", "harbour", "--at", "2026-09-01", code=Exit.OUTSIDE)
    assert "\x1b" not in plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert said("check", "harbour", "--at", "2026-09-01", code=Exit.OUTSIDE) == plain

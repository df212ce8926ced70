"""The reports as a user asks for them: what stands in them, what is left to a person, and what is refused."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from remit.cli.main import main
from tests.house.console import ROOT

Run = Callable[..., tuple[int, str, str]]
AT = ("--at", "2026-09-01", "--terms", "examples/harbour/remit")
NEVER = re.compile(r"\bcompliant\b|\bfree of\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A check and a scan of the example, made once."""
    place = tmp_path_factory.mktemp("recorded")
    shutil.copytree(ROOT / "examples", place / "examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        check = ["check", "examples/harbour", "--at", "2026-09-01", "--format", "json", "--output", "check.json"]
        assert main(check) == 10
        assert main(["scan", "examples/harbour", "--format", "json", "--output", "scan.json"]) == 0
    return place


@pytest.fixture
def run(recorded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(recorded)

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["report", *words])
        shown, said = capsys.readouterr()
        assert not NEVER.search(shown + said)
        return code, shown, said

    return call


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("source", ["check.json", "scan.json"])
def test_exposure_names_contract_use_case_way_and_what_may_take_its_place(run: Run, source: str) -> None:
    words = ("exposure", "--target", "anthropic", "--findings", source, *AT)
    code, shown, _ = run(*words, "--format", "csv")
    first, second = rows_of(shown)
    assert code == 0
    assert (first["contract"], first["use case"], first["strength"]) == (
        "harbour-watch",
        "answer-the-watch",
        "integrated",
    )
    assert (first["verdict"], first["because"]) == ("held", "ministry-order-9/two-owners")
    assert (first["permitted in its place"], first["held in its place"]) == ("", "mistral")
    assert (second["contract"], second["relation"]) == ("own-tools", "development-tool")
    said = run(*words)[1]
    assert "which models stand behind openrouter" in said
    assert "traffic leaving the network" in said
    assert "22 of 33" in said


def test_exposure_asks_the_terms_anew_at_another_instant(run: Run) -> None:
    words = ("exposure", "--target", "anthropic", "--findings", "check.json", "--format", "csv", "--terms", AT[3])
    assert rows_of(run(*words, "--at", "2026-12-31T23:00:00Z")[1])[0]["verdict"] == "outside"


def test_exposure_says_which_use_would_be_left_without_a_model(run: Run) -> None:
    assert "No other model" not in run("exposure", "--target", "anthropic", "--findings", "check.json", *AT)[1]
    words = ("exposure", "--target", "anthropic", "--findings", "check.json", "--terms", AT[3])
    later = run(*words, "--at", "2026-12-31T23:00:00Z")[1]
    assert "No other model known here is permitted or held for: harbour-watch (answer-the-watch)." in later.replace(
        "\\", ""
    )


def test_exposure_takes_in_what_suppliers_say(run: Run, recorded: Path) -> None:
    words = ("exposure", "--target", "anthropic", "--findings", "check.json", *AT, "--suppliers")
    register = recorded / "examples/harbour-suppliers/suppliers.yaml"
    assert "asks about halden, not anthropic" in run(*words, register.as_posix())[2]
    other = register.with_name("other.yaml")
    text = register.read_text(encoding="utf-8").replace("maker: halden", "maker: anthropic")
    other.write_text(text, encoding="utf-8")
    shown = run(*words, other.as_posix())[1]
    assert "suppliers: 2 of 4 answered, the worst is missing" in shown
    assert "| missing | Fulmar Integration |" in shown
    assert "suppliers and their suppliers" not in shown


def test_what_is_derived_from_a_model_counts_as_its_makers(run: Run, recorded: Path) -> None:
    record = json.loads((recorded / "scan.json").read_text(encoding="utf-8"))
    findings = record["examples/harbour"]
    found = findings["makers"].pop("anthropic")
    for each in found["integrations"]:
        each["models"] = ["HuggingFaceH4/zephyr-7b-beta"]
    findings["makers"] = {"huggingface": found}
    (recorded / "derived.json").write_text(json.dumps(record), encoding="utf-8")
    shown = run("exposure", "--target", "mistral", "--findings", "derived.json", *AT, "--format", "csv")[1]
    assert [row["maker"] for row in rows_of(shown)][:2] == ["huggingface", "huggingface"]


def test_an_inquiry_ticks_no_box_and_says_what_was_not_looked_at(run: Run) -> None:
    code, shown, _ = run("inquiry", "--target", "anthropic", "--findings", "check.json", *AT, "--by", "R. Amadi")
    assert code == 0
    assert "Quayside provides models of Anthropic: ☐ does ☐ does not" in shown
    assert "Quayside uses models of Anthropic: ☐ does ☐ does not" in shown
    assert shown.index("What was not looked at") < shown.index("## Representation")
    assert "- Inquiry made by: R. Amadi" in shown
    assert "- Because of: ____" in shown
    assert "| runtime\\_call" not in shown
    assert "☑" not in shown


def test_an_inquiry_of_what_is_not_there_says_where_one_looked_and_no_more(run: Run) -> None:
    shown = run("inquiry", "--target", "deepseek", "--findings", "check.json", *AT)[1]
    assert "Nothing of this maker was found where one looked." in shown
    assert "22 of 33" in shown


def test_a_notice_has_both_deadlines_and_leaves_what_nobody_gave_blank(run: Run) -> None:
    words = ("notice", "--rule", "fascsa", "--learned", "2026-09-03", "--holidays", "US", "--at", "2026-09-04")
    code, shown, _ = run(*words, "--field", "brand=Heron", "--field", "cage=1ABC2")
    assert code == 0
    assert "| report | 3 | 2026-09-03 (Thursday), learned | 2026-09-09 (Wednesday) |" in shown
    assert "2026-09-23 (Wednesday)" in shown
    assert "Holidays passed over: 2026-09-07 (Monday)" in shown
    assert "- Brand: Heron" in shown
    assert "- Supplier name: ____" in shown
    assert "Late" not in shown
    late = run(*words[:-1], "2026-09-10")[1]
    assert "**Late: the report was due on 2026-09-09 (Wednesday).**" in late


def test_a_notice_without_a_calendar_says_that_weekends_alone_were_passed_over(run: Run) -> None:
    shown = run("notice", "--rule", "889", "--learned", "2026-09-03", "--at", "2026-09-03")[1]
    assert "weekends only" in shown
    assert "2026-09-04 (Friday)" in shown


def test_a_notice_shows_where_a_scan_found_it(run: Run) -> None:
    words = ("notice", "--rule", "889", "--learned", "2026-09-03", "--at", "2026-09-03")
    shown = run(*words, "--target", "anthropic", "--findings", "scan.json")[1]
    assert "examples/harbour/infra/main.tf:18" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("exposure", "--target", "antropic", "--findings", "check.json", *AT),
        ("exposure", "--target", "anthropic", "--findings", "examples/harbour/README.md", *AT),
        ("exposure", "--target", "anthropic", "--findings", "broken.json", *AT),
        ("exposure", "--target", "anthropic", "--findings", "check.json", *AT, "--output", "x.docx"),
        ("exposure", "--target", "anthropic", "--findings", "check.json", *AT, "--desk", "x"),
        ("notice", "--rule", "889", "--learned", "yesterday"),
        ("notice", "--rule", "889", "--learned", "2026-09-03", "--at", "2026-09-02"),
        ("notice", "--rule", "889", "--learned", "2026-09-03", "--holidays", "XX"),
        ("notice", "--rule", "889", "--learned", "2026-09-03", "--holidays", "../x"),
        ("notice", "--rule", "889", "--learned", "2026-09-03", "--field", "brnd=x"),
        ("notice", "--rule", "889", "--learned", "2026-09-03", "--target", "anthropic"),
    ],
)
def test_a_wrong_call_or_file_is_told_as_one_and_nothing_is_written(
    run: Run, recorded: Path, words: tuple[str, ...]
) -> None:
    broken = {"scopes": [{"scope": "x"}], "unscoped": [], "findings": {}, "path": "x"}
    (recorded / "broken.json").write_text(json.dumps(broken), encoding="utf-8")
    assert run(*words)[0] == 2
    assert not (recorded / "x.docx").exists()


def test_every_form_is_written_to_files(run: Run, recorded: Path) -> None:
    outputs = [word for ending in (".md", ".html", ".csv") for word in ("--output", f"out{ending}")]
    assert run("exposure", "--target", "anthropic", "--findings", "check.json", *AT, *outputs)[:2] == (0, "")
    assert all((recorded / f"out{ending}").stat().st_size for ending in (".md", ".html", ".csv"))

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from icalendar import Calendar
from inline_snapshot import snapshot

from remit.cli.exit import Exit
from remit.cli.main import main
from remit.terms.instant import parse_instant

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
CLOCK = str(ROOT / "examples/clock")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["clock", CLOCK, *words])
    return code, "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())


def test_the_soonest_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, "--at", "2026-03-09T12:00Z")
    assert code == Exit.WITHIN
    assert text == snapshot("""\
running  2026-03-10 17:00 America/New_York, in 33 hours  covered-article  Report a covered article that was found.    from covered-article-found (router-7) 2026-03-05 15:20
running  2026-04-12 23:59 UTC, in 34 days                look-for-orders  Look for new orders.                        from contract-awarded 2026-01-12 14:00
running  2026-11-01 23:59 America/New_York, in 237 days  removal          Have removed what the board's order names.  from board-order-3 in-force 2026-03-06 09:00\
""")  # noqa: E501


def test_what_is_overdue_comes_before_what_is_suspended(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, "--at", "2026-04-20T12:00Z")
    assert code == Exit.OUTSIDE
    assert text == snapshot("""\
overdue    2026-03-10 17:00 America/New_York, 40 days ago             covered-article  Report a covered article that was found.    from covered-article-found (router-7) 2026-03-05 15:20
overdue    2026-04-12 23:59 UTC, 7 days ago                           look-for-orders  Look for new orders.                        from contract-awarded 2026-01-12 14:00
suspended  since 2026-04-03 12:00, due 2026-11-01 23:59 as it stands  removal          Have removed what the board's order names.  from board-order-3 in-force 2026-03-06 09:00\
""")  # noqa: E501


def test_a_record_has_every_instant(capsys: pytest.CaptureFixture[str]) -> None:
    _, text = told(capsys, "--at", "2026-03-09T12:00Z", "--format", "json")
    first, *_ = json.loads(text)
    assert first == snapshot(
        {
            "about": "router-7",
            "calendar": "US",
            "clock": "covered-article",
            "due": "2026-03-10T21:00:00Z",
            "means": "deadline",
            "note": None,
            "runs": "3 business days",
            "says": "Report a covered article that was found.",
            "seconds_left": 118800,
            "since": None,
            "source": None,
            "started": "2026-03-05T20:20:00Z",
            "started_by": "covered-article-found",
            "status": "running",
            "zone": "America/New_York",
        }
    )


def test_a_supposed_event_starts_what_it_would_start(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--at", "2026-03-20T12:00Z", "--if", "covered-article-found=2026-03-19T10:00Z", "--format", "json"
    _, text = told(capsys, *words)
    supposed = [row for row in json.loads(text) if row["about"] == "supposed"]
    assert [row["due"] for row in supposed] == ["2026-03-24T21:00:00Z"]
    for wrong in ("covered-article-fund=2026-03-19", "covered-article-found=someday", "covered-article-found"):
        assert main(["clock", CLOCK, "--if", wrong]) == Exit.MISUSED
        assert capsys.readouterr().err.startswith("Nothing was counted: --if")


def test_another_tool_reads_the_calendar_and_finds_the_same_instants(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["clock", CLOCK, "--at", "2026-03-09T12:00Z", "--format", "ics"]
    assert main(words) == Exit.WITHIN
    text = capsys.readouterr().out
    _, records = told(capsys, "--at", "2026-03-09T12:00Z", "--format", "json")
    calendar = Calendar.from_ical(text)
    entries = calendar.walk("VEVENT")
    due = {entry.decoded("dtstart").timestamp() for entry in entries}
    assert due == {parse_instant(row["due"]).timestamp() for row in json.loads(records)}
    assert all(entry.walk("VALARM") for entry in entries)
    assert len({entry["uid"] for entry in entries}) == 3
    assert "America/New_York" in {str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")}
    assert main(words) == Exit.WITHIN
    assert capsys.readouterr().out == text, "the same question has the same answer, byte for byte"


def test_without_the_extra_its_name_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "icalendar", None)
    assert main(["clock", CLOCK, "--at", "2026-03-09T12:00Z", "--format", "ics"]) == Exit.FAILED
    assert 'pip install "remit[clock]"' in capsys.readouterr().err


def test_a_register_without_clocks_holds_nothing_to_look_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "remit.yaml").write_text("organisation: quayside\nparties: [{id: quayside}]\n")
    assert main(["clock", str(tmp_path)]) == Exit.NOTHING
    assert "remit init --pack clocks" in capsys.readouterr().err


def test_whatif_lists_the_deadlines_that_an_order_starts(capsys: pytest.CaptureFixture[str]) -> None:
    order = f"{CLOCK}/instruments/board-order-3.yaml"
    main(["whatif", order, "--terms", CLOCK, "--at", "2026-03-01"])
    text = capsys.readouterr().out
    assert "Deadlines that it starts:" in text
    assert "180 days from board-order-3 in-force" in text
    main(["whatif", order, "--terms", CLOCK, "--at", "2026-03-01", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["deadlines"] == [
        {
            "clock": "removal",
            "says": "Have removed what the board's order names.",
            "started": "2026-03-06T14:00:00Z",
            "due": "2026-11-02T04:59:59Z",
        }
    ]

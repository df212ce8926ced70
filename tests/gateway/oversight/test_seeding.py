"""Seeded checks by the way that calls take: judged, committed to, held, and in nothing unlike a call of a model."""

import json
from pathlib import Path

import pytest

from remit.cli.main import main
from remit.errors import UsageError
from remit.gateway.ground import make_rulebook
from remit.gateway.oversight.held import State
from remit.gateway.oversight.waiting import held_calls
from remit.gateway.seeding import MadeUp, seed_calls
from remit.ledger.entry import read_entry
from tests.gateway.oversight.scene import AT, BAKER, REGISTER, Quay
from tests.terms.world import FROM_JANUARY, document, world

UPSTREAM = 'upstreams: [{id: scripted, maker: halden, channel: local, base_url: "http://127.0.0.1:1"}]\n'
WAIT = "{id: wait, hold: [act], until: {approvals: {of: officer}, shown: [conversation], expires_in: 10m}}"
POLICY = document("policy", "{id: may, permit: [invoke, act]}", WAIT, by="halden", standing=FROM_JANUARY)
MADE_UP = MadeUp("unload", "heron-1", "crane", '{"berth": 9, "lift": "the harbour office"}', "Clear the view.")


TERMS = world(REGISTER + UPSTREAM, halden=POLICY)


def seeded(quay: Quay, *rows: MadeUp) -> int:
    return seed_calls(list(rows), quay.writer, quay.store, quay.keyring, make_rulebook(TERMS), AT)


def test_a_made_up_call_waits_with_everything_that_the_terms_ask_to_show() -> None:
    quay = Quay(terms=TERMS)
    assert seeded(quay, MADE_UP, MADE_UP) == 2
    held = list(held_calls(quay.store))
    assert [call.state for call in held] == [State.OPEN, State.OPEN]
    assert dict(held[0].sheet.parts)["conversation"] == "Clear the view."
    assert held[0].sheet.missing == ()
    assert quay.said() == ["message seeded", "decision hold", "decision hold"]


def test_its_entry_is_committed_to_as_much_as_a_real_one_is() -> None:
    quay = Quay(terms=TERMS)
    seeded(quay, MADE_UP)
    hidden = set(quay.hidden(2))
    assert {"act", "call", "held", "key", "prompt", "session", "tool"} <= hidden
    assert len(read_entry(quay.disk.entries[2]).fields["_sd"]) == len(hidden)


def test_a_call_that_the_terms_would_not_hold_is_not_seeded_nor_is_any_beside_it() -> None:
    quay = Quay(terms=TERMS)
    with pytest.raises(UsageError, match="would not be held; it is not judged"):
        seeded(quay, MADE_UP, MADE_UP._replace(model="osprey-9"))
    with pytest.raises(UsageError, match="no use case load"):
        seeded(quay, MADE_UP, MADE_UP._replace(use="load"))
    assert quay.said() == []


def test_refusing_it_counts_as_a_catch_for_whoever_refused() -> None:
    from remit.gateway.oversight.seeded import open_answered

    quay = Quay(terms=TERMS)
    seeded(quay, MADE_UP)
    (held,) = held_calls(quay.store)
    quay.vote(held, BAKER, "baker", "refused")
    (opened,) = open_answered(quay.writer, quay.store, quay.keyring)
    assert (opened.person, opened.caught) == ("baker", True)


def test_the_drill_seeds_the_calls_of_a_file_and_the_queue_shows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms, state, calls = tmp_path / "terms", str(tmp_path / "state"), tmp_path / "calls.yaml"
    (terms / "instruments").mkdir(parents=True)
    (terms / "remit.yaml").write_text(REGISTER + UPSTREAM)
    (terms / "instruments/halden.yaml").write_text(f"instrument: halden\n{POLICY}")
    row = dict(zip(MADE_UP._fields, MADE_UP, strict=True))
    calls.write_text(json.dumps({"calls": [row]}))
    assert main(["serve", str(terms), "--state", state, "--check"]) == 0
    assert main(["drill", "--seeded", str(calls), "--state", state]) == 0
    capsys.readouterr()
    assert main(["approvals", "--state", state, "--format", "json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)["calls"]
    assert (shown["tool"], shown["use_case"], shown["state"]) == ("crane", "unload", "open")
    assert main(["approvals", shown["id"], "--state", state]) == 0
    assert "the harbour office" in capsys.readouterr().out
    calls.write_text("calls: [{use: unload}]")
    assert main(["drill", "--seeded", str(calls), "--state", state]) == 2
    assert main(["drill", "--state", state]) == 2

"""One more instrument: who is touched, who only may be, and who is left without a model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from remit.prove.whatif import Outlook, Prospect, Touch, add_instrument, look_ahead
from remit.terms.decision import Effect
from remit.terms.document import read_document
from remit.terms.fields import Fields
from remit.terms.instrument import read_instrument
from tests.house.console import ROOT, remit
from tests.prove.test_questions import AUTHORISATION, PERMISSIVE, instrument, read

if TYPE_CHECKING:
    from pathlib import Path

    from remit.terms.terms import Terms

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def outlook(terms: Terms, text: str) -> Outlook:
    document = read_document("order.yaml", text.encode())
    assert document.root is not None
    order = read_instrument(Fields.of(document, document.root), terms.vocabulary)
    assert order is not None
    assert not document.faults
    return look_ahead(terms, add_instrument(terms, order, "sha256:x"), order, NOON, NOON)


def prospect(condition: str) -> Prospect:
    order = instrument("order", "order", "ministry", f"id: c, forbid: [invoke, act, integrate], when: {{{condition}}}")
    (only,) = outlook(read(PERMISSIVE, AUTHORISATION), order).prospects
    return only


def test_a_ban_on_the_only_authorised_maker_takes_the_last_model() -> None:
    banned = prospect("model.maker: halden")
    assert (banned.touch, banned.before, banned.after) == (Touch.AFFECTED, ("heron-2",), ())
    assert banned.loses_its_last
    assert banned.witness is not None
    assert [decision.effect for decision in banned.witness] == [Effect.PERMIT, Effect.DENY]


def test_a_ban_on_another_scope_touches_nobody() -> None:
    assert prospect("scope.environment: {not: cloud-a}").touch is Touch.NOT_AFFECTED


def test_a_ban_on_what_the_register_binds_otherwise_touches_nobody() -> None:
    assert prospect("use.effect: restrict-model").touch is Touch.NOT_AFFECTED


def test_a_ban_on_what_is_only_declared_is_unknown_and_says_on_what_it_turns() -> None:
    declared = prospect("use.purpose: translate")
    assert (declared.touch, declared.turns_on) == (Touch.UNKNOWN, ("use.purpose",))


def test_a_waiver_on_file_and_the_dates_are_told() -> None:
    order = instrument(
        "order", "order", "ministry", "id: c, forbid: [invoke], when: {model.maker: halden}, phase_out: 2026-09-01"
    )
    waiver = instrument(
        "waiver", "waiver", "ministry", "id: w, lift: [order/c]", more="to: quayside", until="2026-12-31"
    )
    seen = outlook(read(PERMISSIVE, AUTHORISATION, order, waiver), order)
    assert seen.waivers == ("ministry may waive it", "waiver lifts order/c for quayside")
    assert seen.dates == ((datetime(2026, 9, 1, tzinfo=UTC), "c: what is in use must be gone"),)


def test_the_command_reads_a_draft_and_exits_by_what_is_lost(tmp_path: Path) -> None:
    harbour = ROOT / "examples" / "harbour" / "remit"
    draft = tmp_path / "order.yaml"
    text = instrument("draft", "order", "ministry", "id: out, forbid: [integrate], when: {scope.id: harbour-watch}")
    draft.write_text(text, encoding="utf-8")
    words = "whatif", str(draft), "--terms", str(harbour), "--at", "2026-07-01"
    ran = remit(*words, within=tmp_path)
    assert ran.returncode == 0
    assert "use case find-reports" in ran.stdout
    draft.write_text(text.replace("[integrate]", "[invoke, act, integrate]"), encoding="utf-8")
    ran = remit(*words, within=tmp_path)
    assert ran.returncode == 10
    assert "loses its last model" in ran.stdout
    draft.write_text("instrument: draft\n", encoding="utf-8")
    assert remit(*words, within=tmp_path).returncode == 2

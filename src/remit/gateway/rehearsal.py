"""What the gateway would decide of a call, asked with the same code and nothing sent, counted or recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from remit.gateway.choice import Bearer, Choice, ToolRuling, choose, rule_on
from remit.gateway.credential import Credential
from remit.gateway.dialects.dialect import Ask, ProposedCall
from remit.gateway.meter import Amount, Meter
from remit.gateway.routing import NO_CUTS, Found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from remit.gateway.ground import Rulebook


class Rehearsed(NamedTuple):
    """What would be chosen, and what would become of a tool call."""

    choice: Choice
    tool: ToolRuling | None = None


def rehearse(
    book: Rulebook, use: str, model: str, declared: Mapping[str, str], at: datetime, tool: tuple[str, str] | None = None
) -> Rehearsed:
    """Judge a call for a use case, and a tool call within it; its counts are those of a first call."""
    headers = [(f"remit-{name}".encode(), text.encode()) for name, text in declared.items()]
    ask = Ask(model)
    who = Bearer(Credential("", "", use, ""), ask, book.sheet.declared(headers, {}))
    asked = book.names.resolve(model)
    if asked is None:
        says = f"no row of the catalogue or the register has a model {model!r}"
        return Rehearsed(Choice(None, rule="remit#unknown-model", says=says))
    found: Found = book.routes.find(asked, model, who.credential, "", cuts=NO_CUTS, is_down=lambda _: False)
    first = Meter(None, int(at.timestamp())).with_call(Amount(1, 0, 0))
    choice = choose(book, who, found, book.counted(first, len(found.targets)), at)
    if tool is None or choice.decision is None:
        return Rehearsed(choice)
    call = ProposedCall("", tool[0], tool[1])
    return Rehearsed(choice, rule_on(book, who, choice.decision.use, call, at))

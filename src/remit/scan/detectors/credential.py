"""Find the names of the environment that belong to one maker or channel: keys, base addresses, models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.detectors.provider_address import LOCAL, host_in
from remit.scan.occurrence import Grip, Occurrence, Relation, Role
from remit.scan.part import Part
from remit.scan.scope import is_scoped
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.mention import Mention
    from remit.scan.signatures import Variable

IDENT = "credential"
_SHORT = 40
_NAME = re.compile(r"[A-Z][A-Z0-9_]{3,}")


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each place where such a name is read or set."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK}:
        return
    if not any("_" in mention.sighting.literal for mention in document.mentions):
        return
    elsewhere = _elsewhere(document, context)
    for mention in document.mentions:
        if mention.is_silent:
            continue
        for variable in _variables(mention, context):
            for maker, channel in report(context, variable.maker, variable.channel):
                yield Occurrence(
                    detector=IDENT,
                    path=document.path,
                    line=mention.line,
                    maker=maker,
                    channel=channel,
                    relation=Relation.PROTOCOL_ONLY if maker in elsewhere else Relation.RUNTIME_CALL,
                    role=Role.CREDENTIAL,
                    grip=Grip.LOOSE
                    if variable.ambiguous or (mention.is_prose and mention.kind is Kind.STRING)
                    else Grip.FIRM,
                    scoped=is_scoped(document, mention, mention.line, context.signatures),
                    bound=variable.name,
                    says=f"reads or sets {variable.name}",
                )


def _elsewhere(document: Document, context: Context) -> frozenset[str]:
    """The makers whose address this file sets to somebody else's, or to this machine."""
    found = set()
    for mention in document.mentions:
        variable = context.signatures.variables.get(mention.sighting.literal.upper())
        if variable is None or variable.kind != "base-url" or mention.is_silent or not variable.maker:
            continue
        line = document.line_text(mention.line)
        value = line[line.upper().find(variable.name) + len(variable.name) :]
        host = host_in(value, context.signatures)
        if (host is not None and host.maker != variable.maker) or LOCAL.search(value):
            found.add(variable.maker)
    return frozenset(found)


def _variables(mention: Mention, context: Context) -> list[Variable]:
    known = context.signatures.variables
    if "_" not in mention.token and len(mention.token) > _SHORT:
        return []
    return [known[name] for name in dict.fromkeys(_NAME.findall(mention.token)) if name in known]

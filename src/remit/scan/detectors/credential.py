"""Find the names of the environment that belong to one maker or channel: keys, base addresses, models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.occurrence import Grip, Occurrence, Role
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
                    role=Role.CREDENTIAL,
                    grip=Grip.LOOSE
                    if variable.ambiguous or mention.is_prose and mention.kind is Kind.STRING
                    else Grip.FIRM,
                    scoped=is_scoped(document, mention, mention.line, context.signatures),
                    bound=variable.name,
                    says=f"reads or sets {variable.name}",
                )


def _variables(mention: Mention, context: Context) -> list[Variable]:
    known = context.signatures.variables
    if "_" not in mention.token and len(mention.token) > _SHORT:
        return []
    return [known[name] for name in dict.fromkeys(_NAME.findall(mention.token)) if name in known]

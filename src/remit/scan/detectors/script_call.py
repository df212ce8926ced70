"""Find what JavaScript and TypeScript import, and which clients they construct."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import imported, relation_of, relation_when_made, report
from remit.scan.detectors.provider_address import LOCAL, host_in
from remit.scan.detectors.python_call import maker_in
from remit.scan.occurrence import Grip, Occurrence, Relation
from remit.scan.part import Part
from remit.scan.scope import scope_of
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.mention import Mention
    from remit.scan.signatures import Package

IDENT = "script-call"
_TAKEN = re.compile(
    r"(?:\bfrom|\bimport|\brequire(?:\.resolve)?\s*\(|\bimport\s*\(|\bimport\s+type|\bjsr:|\bimportScripts\()\s*$"
)
_NAMES = re.compile(
    r"import\s+(?:type\s+)?(?P<names>[\w*{}\s,$]+?)\s+from\s*$|(?:const|let|var)\s+(?P<bound>[\w{}\s,:$]+?)\s*=\s*(?:await\s+)?(?:require|import)\s*\(\s*$"
)
_BASE = re.compile(
    r"(?:base_?url|baseURL|endpoint|apiBase|baseOptions|basePath|host)\s*:\s*(?P<value>[^\n]+)", re.IGNORECASE
)
_DENO = re.compile(
    r"^(?:npm:|jsr:|https://esm\.sh/|https://cdn\.jsdelivr\.net/npm/|https://unpkg\.com/|https://cdn\.skypack\.dev/)"
)


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield imports and constructions of a script or a component."""
    if document.language not in {"script", "component"} or document.part is Part.DOCUMENTATION:
        return
    for mention in document.mentions:
        if mention.kind is not Kind.STRING:
            continue
        before = document.text[max(0, mention.sighting.start - 400) : mention.sighting.start - 1]
        if not _TAKEN.search(before):
            continue
        name = re.sub(r"(?<=.)@[\d^~].*$", "", _DENO.sub("", mention.token))
        if package := imported(context, "npm", name, "/"):
            yield from _used(document, context, mention, package, _names(before))


def _names(before: str) -> list[str]:
    match = _NAMES.search(before)
    if match is None:
        return []
    return [
        part.split(":")[-1].split(" as ")[-1].strip()
        for part in re.split(r"[{},\s]+", match["names"] or match["bound"])
        if part
    ]


def _used(
    document: Document, context: Context, mention: Mention, package: Package, names: list[str]
) -> Iterator[Occurrence]:
    makers = (
        {maker for name in names if (maker := maker_in(name, context))}
        if package.kind in {"framework", "adapter"}
        else set()
    )
    for maker in sorted(makers) or [package.maker]:
        for found, channel in report(context, maker, package.channel):
            yield Occurrence(
                detector=IDENT,
                path=document.path,
                line=mention.line,
                maker=found,
                channel=channel,
                relation=relation_of(package),
                scoped=scope_of(document, None, mention.line, context.signatures),
                says=f"imports {mention.token}",
            )
    for name in names:
        yield from _constructions(document, context, package, name)


def _constructions(document: Document, context: Context, package: Package, name: str) -> Iterator[Occurrence]:
    """Read each `new Name({…})` and `createName({…})`, and the address it is given."""
    if not package.maker or name in {"type", "import", "*", "as"}:
        return
    pattern = (
        rf"new\s+{re.escape(name)}\s*(?:\.\w+)?\s*\("
        if name[:1].isupper()
        else rf"(?<![\w.]){re.escape(name)}\s*\(\s*\{{"
    )
    for match in re.finditer(pattern, document.text):
        window = document.text[match.end() : match.end() + 400].split("})", 1)[0]
        base = _BASE.search(window)
        relation, says = relation_when_made(package), f"constructs {name}"
        if base:
            host = host_in(base["value"], context.signatures)
            if (host is not None and host.maker != package.maker) or LOCAL.search(base["value"]):
                relation, says = Relation.PROTOCOL_ONLY, "speaks its protocol to another address"
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=document.line_at(match.start()),
            maker=package.maker,
            channel=package.channel or "direct",
            relation=relation,
            grip=Grip.LOOSE,
            bound="construction",
            says=says,
        )

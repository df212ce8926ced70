"""Find the names of the environment that belong to one maker or channel: keys, base addresses, models."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.detectors.provider_address import LOCAL, host_in
from remit.scan.occurrence import Grip, Occurrence, Relation, Role
from remit.scan.part import Part
from remit.scan.scope import scope_of
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.mention import Mention
    from remit.scan.signatures import Variable

IDENT = "credential"
_SHORT = 40
_KEYED = re.compile(r"([A-Za-z]\w{1,30}?)_(?:api_)?(?:key|token)")
_OWNER = re.compile(r"(\w{2,30})\.$")
_SET = {"yaml", "env"}
_TAKEN = re.compile(r"^\$\{?[A-Z]")
_RENAMED = re.compile(r"([A-Z][A-Z0-9_]*)=[\"']?\$\{?([A-Z][A-Z0-9_]*)")
_PLAIN = re.compile(r"[A-Z][A-Z0-9_]*")
_NAME = re.compile(r"[A-Z][A-Z0-9_]{3,}")
_FOLDER = re.compile(r"_(?:DIR|HOME|PATH|ROOT)$")
"""Where an agent keeps its files, which whoever installs something for it asks too."""


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each place where such a name is read or set."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK}:
        return
    if not any(sign in mention.sighting.literal for mention in document.mentions for sign in "_-"):
        return
    elsewhere = _elsewhere(document, context)
    for mention in document.mentions:
        if mention.is_silent:
            continue
        if maker := _of_router(document, mention, context):
            yield _routed(document, mention, maker)
        for variable in _variables(mention, context):
            if variable.kind == "field":
                yield _field(document, mention, variable, context)
                continue
            for maker, channel in report(context, variable.maker, variable.channel):
                yield Occurrence(
                    detector=IDENT,
                    path=document.path,
                    line=mention.line,
                    maker=maker,
                    channel=channel,
                    relation=Relation.PROTOCOL_ONLY if maker in elsewhere else Relation.RUNTIME_CALL,
                    role=Role.CREDENTIAL,
                    grip=_grip(document, mention, variable),
                    scoped=scope_of(document, mention, mention.line, context.signatures),
                    bound=variable.name,
                    says=f"reads or sets {variable.name}",
                )


def _of_router(document: Document, mention: Mention, context: Context) -> str:
    """Name the maker whose key is set on a router: `litellm.<maker>_key = …`."""
    match = _KEYED.fullmatch(mention.token) if mention.kind is Kind.CODE else None
    if match is None:
        return ""
    before = _OWNER.search(document.text[max(0, mention.sighting.start - _SHORT) : mention.sighting.start])
    channel = context.signatures.channels.get(before[1].lower()) if before else None
    package = context.signatures.packages.get(("pypi", before[1].lower())) if before else None
    is_router = (channel is not None and channel.kind == "router") or (package is not None and package.kind == "router")
    return context.signatures.words.get(match[1].lower(), "") if is_router else ""


def _routed(document: Document, mention: Mention, maker: str) -> Occurrence:
    return Occurrence(
        detector=IDENT,
        path=document.path,
        line=mention.line,
        maker=maker,
        role=Role.CREDENTIAL,
        grip=Grip.LOOSE if document.part is Part.TEST else Grip.FIRM,
        scoped=f"{document.path}/",
        bound=mention.token,
        says=f"sets {mention.token} on a router",
    )


def _field(document: Document, mention: Mention, variable: Variable, context: Context) -> Occurrence:
    """A field that goes to the models of one maker only; who fills it calls them, whatever the address."""
    return Occurrence(
        detector=IDENT,
        path=document.path,
        line=mention.line,
        maker=variable.maker,
        role=Role.CALL_SITE,
        grip=Grip.FAIR,
        scoped=scope_of(document, mention, mention.line, context.signatures),
        bound=variable.name,
        says=f"fills the field {variable.name}",
    )


def _grip(document: Document, mention: Mention, variable: Variable) -> Grip:
    """A name that is given to another name, stands in a sentence or says where files lie proves nothing alone."""
    if variable.ambiguous or _FOLDER.search(variable.name) or (mention.is_prose and mention.kind is Kind.STRING):
        return Grip.LOOSE
    given = document.language in _SET and mention.place.key not in {"", variable.name}
    renamed = _RENAMED.match(mention.token)
    if document.language in _SET and renamed is not None and renamed[1] != renamed[2]:
        return Grip.LOOSE
    is_taken = given and _TAKEN.search(mention.token) is not None and _PLAIN.fullmatch(mention.place.key) is not None
    return Grip.LOOSE if is_taken else Grip.FIRM


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
    if mention.kind is Kind.STRING and mention.token in known and known[mention.token].kind == "field":
        return [known[mention.token]]
    if "_" not in mention.token and len(mention.token) > _SHORT:
        return []
    found = (_known(name, known) for name in dict.fromkeys(_NAME.findall(mention.token)))
    return [variable for variable in found if variable is not None]


def _known(name: str, known: Mapping[str, Variable]) -> Variable | None:
    """Look a name up; one with a word of the tree's own in front says as much only beside other evidence."""
    if name in known:
        return known[name]
    parts = name.split("_")
    ends = ("_".join(parts[first:]) for first in range(1, len(parts) - 1))
    variable = next((known[end] for end in ends if end in known), None)
    return None if variable is None or variable.ambiguous else replace(variable, ambiguous=True)

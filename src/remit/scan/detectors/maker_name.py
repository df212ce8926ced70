"""Find the bare name of a maker in code: a class, a case, a key. It counts once something else proves the maker."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.detectors.provider_address import LOCAL, comes_in
from remit.scan.language import PROGRAMS
from remit.scan.occurrence import Grip, Occurrence, Relation, Role
from remit.scan.part import Part
from remit.scan.scope import is_overwritten, scope_of, whole_word
from remit.scan.signatures import CRAWLERS
from remit.scan.spans import Kind
from remit.scan.words import is_default, is_model, is_provider, is_switch, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.mention import Mention

IDENT = "maker-name"

_PERSON = re.compile(
    r"author|maintainer|email|e-mail|contributor|committer|reviewer|assignee|firstname|first_name|lastname|username|copyright",
    re.IGNORECASE,
)
_TYPE = re.compile(
    r"\s*(?:(?:export|public|private|internal|final|abstract|sealed|data|pub|default)\s+)*"
    r"(?:class|struct|defmodule|module|object|impl|interface|type)\s+(?P<name>[\w.:]*)"
)
_LAST = re.compile(r".*[.:]")
_KIND = re.compile(r"(?:adapter|provider|backend|llm|client|model|chat|service|driver)$")
_ADAPTERS = re.compile(r"(?:^|[./:\\])(?:adapter|provider|backend|llm|connector|driver)s?(?=[./:\\])", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{3,}")
_ASKED = re.compile(r"/v1/|/completions?\b|/api/(?:chat|generate|embed)|/generate\b|/infer\b")
_REPORTS = re.compile(
    r"\.(?:github|gitlab|forgejo)/(?:[\w\-]+\.ya?ml$|(?:issue|pull_request|merge_request)_\w+/)", re.IGNORECASE
)
"""Forms for reports, and how they are labelled."""
_BEGINNING = re.compile(r"^[\w./\-]*/\w+_$")
"""The beginning of a path that something is added to, as tests have them for a while."""
_FILE = re.compile(r"^[\w.\-/]+\.mdc?$")
_SETTINGS = {"json", "yaml", "toml", "ini"}
_TAKEN = re.compile(r"\s*(?:from|import)\s+(\w+)")
_BUILT = {"dockerfile", "make"}
_MAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]++@[\w\-]+\.[\w.]+")


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each bare name, with the role that its surroundings give it."""
    if document.part is Part.MANIFEST:
        return
    crawlers = len(set(_crawlers(document))) > 1
    for mention in document.mentions:
        makers = _makers(document, mention, context)
        if not makers:
            continue
        if not crawlers and (runtime := _adapted(document, mention, makers, context)):
            yield _adapter(document, mention, runtime, context)
            continue
        role = Role.RULE if crawlers else _role(document, mention, context)
        chosen = role is Role.NAME and _is_choice(document, mention, context.signatures.words)
        yield from (_named(document, mention, maker, role, context, chosen=chosen) for maker in makers)


def _named(
    document: Document, mention: Mention, maker: str, role: Role, context: Context, *, chosen: bool
) -> Occurrence:
    return Occurrence(
        detector=IDENT,
        path=document.path,
        line=mention.line,
        maker=maker,
        role=Role.DEFAULT if chosen else role,
        grip=Grip.LOOSE,
        scoped=scope_of(document, mention, mention.line, context.signatures) if chosen else "",
        chosen=chosen,
        bound=mention.place.key,
        says="bears its name",
    )


def _adapted(document: Document, mention: Mention, makers: list[str], context: Context) -> str:
    """Name the local runtime that a type is written for, where the same file asks an address on this machine."""
    if mention.kind is not Kind.CODE or document.language not in PROGRAMS or document.part is Part.DOCUMENTATION:
        return ""
    channels = context.signatures.channels
    local = (maker for maker in makers if maker.startswith("other:") and maker[6:] in channels)
    runtime = next((maker for maker in local if channels[maker[6:]].kind == "local"), "")
    declared = _TYPE.match(document.line_text(mention.line)) if runtime else None
    if declared is None:
        return ""
    asks = LOCAL.search(document.text) is not None and _ASKED.search(document.text) is not None
    return runtime if asks or _is_adapter(document.path, declared["name"], context.signatures.words_of(runtime)) else ""


def _is_adapter(path: str, name: str, words: frozenset[str]) -> bool:
    """Say whether a type stands among adapters, and is called like a runtime and nothing else."""
    bare = _LAST.sub("", name).lower().replace("_", "")
    called = {re.sub(r"[^a-z0-9]", "", word) for word in words}
    return not called.isdisjoint({bare, _KIND.sub("", bare)}) and _ADAPTERS.search(f"{path}/{name}") is not None


def _adapter(document: Document, mention: Mention, runtime: str, context: Context) -> Occurrence:
    return Occurrence(
        detector=IDENT,
        path=document.path,
        line=mention.line,
        maker=runtime,
        channel=runtime[6:],
        relation=Relation.LOCAL_WEIGHTS,
        role=Role.SELECTABLE,
        grip=Grip.LOOSE if document.part is Part.TEST else Grip.FIRM,
        scoped=scope_of(document, mention, mention.line, context.signatures),
        bound=mention.token,
        says="is written for this runtime, and asks an address on this machine",
    )


def _crawlers(document: Document) -> Iterator[str]:
    """The crawlers that a file names: in a string or a list, never as a class or a module of its own."""
    for mention in document.mentions:
        if mention.sighting.literal in CRAWLERS and not (mention.kind is Kind.CODE and document.language in PROGRAMS):
            yield mention.sighting.literal


def _makers(document: Document, mention: Mention, context: Context) -> list[str]:
    """Whose names a word bears: the one that was found, and in a name of code any other joined to it."""
    known = context.signatures
    literal = mention.sighting.literal
    maker = known.words.get(literal)
    if maker is None and not any(name in known.variables for name in _VARIABLE.findall(mention.token)):
        maker = known.keys.get(literal)  # What is written like a variable is one of them (`credential`).
    found = [maker] if maker is not None and _is_word(document, mention) else []
    if mention.kind is Kind.CODE and document.language in PROGRAMS and "-" not in mention.token:
        found += [other for other in known.makers_in(mention.token) if other not in found]
    return found


def _is_word(document: Document, mention: Mention) -> bool:
    sighting = mention.sighting
    text = document.text
    start = _find(text, sighting.literal, sighting.start, sighting.end)
    return start >= 0 and whole_word(text, start, start + len(sighting.literal))


def _find(text: str, literal: str, start: int, end: int) -> int:
    found = text[start : max(end, start + len(literal))].lower().find(literal)
    return found if found < 0 else start + found


def _role(document: Document, mention: Mention, context: Context) -> Role:
    if document.part is Part.DOCUMENTATION:
        return Role.DOCUMENTATION
    if mention.is_silent:
        return Role.COMMENT
    if _is_of_a_path(document, mention, context):
        return Role.PATH
    if _MAIL.search(mention.token) or any(_PERSON.search(name) for name in mention.names[:3]):
        return Role.PERSON
    if mention.kind is Kind.STRING and document.language in _SETTINGS and _is_spelling(mention):
        return Role.SPELLING
    if mention.kind is Kind.STRING and comes_in(mention):
        return Role.VISITOR
    if (mention.kind is Kind.STRING and mention.is_prose) or _REPORTS.match(document.path):
        return Role.PROSE
    return Role.NAME


def _is_of_a_path(document: Document, mention: Mention, context: Context) -> bool:
    """Say whether a word is that of a folder or a file of the tree's own, or of one that a test makes."""
    if mention.kind is Kind.STRING:
        begun = document.part is Part.TEST and _BEGINNING.search(mention.token) is not None
        return begun or _is_of_an_agent(document, mention, context)
    if document.language in _BUILT and _is_path(document, mention):
        return True
    return mention.kind is Kind.CODE and _is_own(document, mention, context)


def _is_of_an_agent(document: Document, mention: Mention, context: Context) -> bool:
    """Say whether code names the file that an agent reads, as what it reads itself or writes for others."""
    name = mention.token.strip("./")
    return document.language in PROGRAMS and _FILE.search(name) is not None and bool(context.signatures.agent_of(name))


def _is_spelling(mention: Mention) -> bool:
    """Say whether a word stands in a list of words that a checker of spelling knows."""
    return any("words" in split(name) for name in mention.names[:2])


def _is_own(document: Document, mention: Mention, context: Context) -> bool:
    """Say whether a line takes something from a package of the tree's own that only bears such a name."""
    taken = _TAKEN.match(document.line_text(mention.line)) if document.language == "python" else None
    if taken is None or taken[1] != mention.token or taken[1] not in context.own_modules:
        return False
    return taken[1] not in context.signatures.imports.get("pypi", {})


def _is_path(document: Document, mention: Mention) -> bool:
    """Say whether a word is a part of a path: what stands around it joins it to others by strokes."""
    before = document.text[max(0, mention.sighting.start - 1) : mention.sighting.start]
    after = document.text[mention.sighting.end : mention.sighting.end + 1]
    return before == "/" or after == "/"


def _is_choice(document: Document, mention: Mention, words: dict[str, str]) -> bool:
    """Say whether a name is the value given to what chooses the maker: `default-api: openai`."""
    if mention.kind is not Kind.STRING or mention.token.strip().lower() not in words or mention.place.compared:
        return False
    if is_overwritten(document, mention.sighting.end):
        return False
    place = mention.place
    key = place.key
    if place.is_key:
        return False
    if is_model(key):
        return True
    return bool(key) and (
        (is_default(key) and is_provider(key)) or (is_switch(key) and (place.fallback or not place.callee))
    )

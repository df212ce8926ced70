"""Find the bare name of a maker in code: a class, a case, a key. It counts once something else proves the maker."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.occurrence import Grip, Occurrence, Role
from remit.scan.part import Part
from remit.scan.scope import is_scoped, whole_word
from remit.scan.signatures import CRAWLERS
from remit.scan.spans import Kind
from remit.scan.words import is_default, is_model, is_provider, is_switch

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
_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.]+")


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each bare name, with the role that its surroundings give it."""
    if document.part is Part.MANIFEST:
        return
    crawlers = len({hit.literal for hit in document.hits} & CRAWLERS) > 1
    for mention in document.mentions:
        maker = context.signatures.words.get(mention.sighting.literal)
        if maker is None or not _is_word(document, mention):
            continue
        role = Role.RULE if crawlers else _role(document, mention)
        chosen = role is Role.NAME and _is_choice(mention, context.signatures.words)
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=mention.line,
            maker=maker,
            role=Role.DEFAULT if chosen else role,
            grip=Grip.LOOSE,
            scoped=chosen and is_scoped(document, mention, mention.line, context.signatures),
            chosen=chosen,
            bound=mention.place.key,
            says="bears its name",
        )


def _is_word(document: Document, mention: Mention) -> bool:
    sighting = mention.sighting
    text = document.text
    start = _find(text, sighting.literal, sighting.start, sighting.end)
    return start >= 0 and whole_word(text, start, start + len(sighting.literal))


def _find(text: str, literal: str, start: int, end: int) -> int:
    found = text[start : max(end, start + len(literal))].lower().find(literal)
    return found if found < 0 else start + found


def _role(document: Document, mention: Mention) -> Role:
    if document.part is Part.DOCUMENTATION:
        return Role.DOCUMENTATION
    if mention.is_silent:
        return Role.COMMENT
    if _MAIL.search(mention.token) or any(_PERSON.search(name) for name in mention.names[:3]):
        return Role.PERSON
    if mention.kind is Kind.STRING and mention.is_prose:
        return Role.PROSE
    return Role.NAME


def _is_choice(mention: Mention, words: dict[str, str]) -> bool:
    """Say whether a name is the value given to what chooses the maker: `default-api: openai`."""
    if mention.kind is not Kind.STRING or mention.token.strip().lower() not in words or mention.place.compared:
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

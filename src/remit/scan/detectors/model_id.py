"""Find strings that are the id of a model, or name a maker and a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.detectors.provider_address import LOCAL
from remit.scan.language import PROGRAMS
from remit.scan.model_name import Named, named
from remit.scan.occurrence import Grip, Occurrence, Role
from remit.scan.part import Part
from remit.scan.scope import bears, enclosing, scope_of
from remit.scan.spans import Kind
from remit.scan.words import is_call, is_count, is_default, is_made_up, is_model, is_refused, is_switch, parts_of, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.mention import Mention

IDENT = "model-id"

_DATED = re.compile(r"\d{6}|-\d{4}\b|\d{4}-\d{2}|^(?:\w+\.)?[a-z]+\.[a-z]")
_ELSEWHERE = frozenset(
    {"repo", "repos", "repository", "repositories", "github", "project", "org", "homepage", "author"}
)
"""Words of keys under which an owner and a name are those of source code."""
_WHOLE = re.compile(r"(?<![\w/.:])[a-z][\w\-]*/[a-z][\w\-]*/[\w.\-]+(?::\w+)?")
_SEVERAL = re.compile(r"[\w.:/@\-]+(?:\s*,\s*[\w.:/@\-]+)+")
_UPPER = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_OWNER = re.compile(r"((?:\w+(?:\.|::))*)(\w+)(?:\.|::)$")
_FARTHEST = 120
_FLAG = re.compile(
    r"""\b(?:StringVar|String|SetDefault)P?\(\s*(?:&[\w.]+\s*,\s*)?"([\w.\-]+)"\s*,\s*(?:"\w?"\s*,\s*)?["`]$"""
)
"""What stands before the value that a flag of a command, or a setting, has where nobody gives another."""
_LIST = re.compile(r"models\b[^=]{0,60}[=:]\s*\S{0,30}[\[{(]\s*$", re.IGNORECASE)
_GIVEN = re.compile(r"\b(\w{1,60})\s*=\s*(?:new\s+)?[\w.]{0,40}[(\[{]\s*$")
_DEFINED = re.compile(r"^\s*(?:[a-z]+\s+){0,4}?(?:(?:def|fn|func|function|fun)\s+)?(\w{1,60})\s*[:=(<]")
_NEW = re.compile(r"(?:^|[.:])[A-Z]\w*$|\bnew\b")
_BASE = re.compile(r"(?:base|url|host|endpoint|address|api)[\w\-]*[\"']?\s*[:=]", re.IGNORECASE)
_SETTINGS = {"yaml", "json", "toml", "ini", "env", "xml"}
_LISTED = {"id", "name", "value", "key", "label", "slug", "aliases", "alias", "fallback", "options", "choices"}


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each string that names a model."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK, Part.MANIFEST}:
        return
    for mention in document.mentions:
        if mention.kind is Kind.CODE:
            yield from _constant(document, mention, context)
        if mention.kind is not Kind.STRING:
            continue
        for found, key in _found(mention, context):
            if found is not None and (is_model(key) or _ELSEWHERE.isdisjoint(split(key))):
                yield from _occurrences(document, mention, found, key, context)


def _found(mention: Mention, context: Context) -> list[tuple[Named | None, str]]:
    """Read a string as an id, as several divided by commas, or as a sentence with one in it."""
    if "," in mention.token and _SEVERAL.fullmatch(mention.token):
        several = [named(part.strip(), context.signatures) for part in mention.token.split(",")]
        return [(each, mention.place.key) for each in several]
    return [_inner(mention, context) if mention.is_prose else _named(mention, context)]


def _constant(document: Document, mention: Mention, context: Context) -> Iterator[Occurrence]:
    """A constant that a class of models names after one: `FoundationModel.TITAN_EMBED_TEXT_V2`."""
    if document.language not in PROGRAMS or not _UPPER.fullmatch(mention.token):
        return
    start = mention.sighting.start
    owner = _OWNER.search(document.text, max(0, start - _FARTHEST), start)
    if owner is None or not is_model(owner[2]):
        return
    makers = context.signatures.makers_in(mention.token)
    cloud = next((part for part in parts_of(owner[0]) if part in context.signatures.clouds), "")
    for maker in makers if len(makers) == 1 else ():
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=mention.line,
            maker=maker,
            channel=cloud or "direct",
            role=Role.SELECTABLE,
            grip=Grip.LOOSE if document.part is Part.TEST or mention.line >= document.tests_from else Grip.FAIR,
            scoped=scope_of(document, mention, mention.line, context.signatures),
            says=f"names a model by {owner[2]}.{mention.token}",
        )


def _named(mention: Mention, context: Context) -> tuple[Named | None, str]:
    """Read a string as an id, or as a name and an id; the name goes before what the string is given to."""
    token = mention.token
    if found := named(token, context.signatures):
        return found, mention.place.key
    # `--model=claude-…`, `model: claude-…` and `MODEL=claude-…` inside one string.
    for sign in ("=", ": "):
        if sign in token and is_model(token.split(sign, 1)[0]):
            key, value = token.split(sign, 1)
            return named(value.strip("\"' "), context.signatures), key.strip(" -\"'")
    return None, ""


def _inner(mention: Mention, context: Context) -> tuple[Named | None, str]:
    """Find an id inside a sentence where it is whole: a channel, a maker and a model, joined by strokes."""
    for match in _WHOLE.finditer(mention.token):
        found = named(match[0], context.signatures)
        if found is not None and found.channel and found.sure:
            return found, ""
    return None, ""


def _occurrences(
    document: Document, mention: Mention, found: Named, key: str, context: Context
) -> Iterator[Occurrence]:
    names = (key, *mention.names)
    asked = (
        any(is_model(name) or is_default(name) for name in names)
        or is_argument(mention, context)
        or is_model(document.path.rsplit("/", 1)[-1])
    )
    role, chosen = _role(document, mention, key, context)
    if _is_refused(document, mention):
        role, chosen = Role.RULE, False
    elif document.is_price_list and not chosen:
        role, chosen = Role.TABLE, False
    counted = mention.place.argument and is_count(mention.place.callee)
    if counted:
        role, chosen = Role.SELECTABLE, False
    for maker, channel in report(context, found.maker, found.channel):
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=mention.line,
            maker=maker,
            channel=channel,
            role=role,
            grip=Grip.LOOSE if counted else _grip(document, mention, found, context, asked=asked),
            model=found.model,
            scoped=scope_of(document, mention, mention.line, context.signatures),
            chosen=chosen,
            bound=key,
            says=f"names the model {found.model}",
        )


def _is_refused(document: Document, mention: Mention) -> bool:
    """Say whether an id stands in a list of what is not to be taken."""
    opened = (_GIVEN.search(text) for text in enclosing(document, mention.line)[:1])
    return any(is_refused(name) for name in (*mention.names, *(found[1] for found in opened if found is not None)))


def _is_made(mention: Mention, found: Named) -> bool:
    """Say whether an id with its date is handed to a class for models, and that given where a model is asked for."""
    place = mention.place
    made = place.argument and is_model(place.callee) and _NEW.search(place.callee) is not None
    asked = any(is_model(name) for name in (place.key, *place.around) if name != place.callee)
    return made and asked and found.versioned and _DATED.search(found.model) is not None


def _is_imitated(document: Document, mention: Mention, context: Context) -> bool:
    """Say whether what answers does so under other makers' names: it says so, is known to, or is on this machine."""
    names = (document.path.rsplit("/", 1)[-1], *mention.names)
    if any(bears(name, context.signatures.imitators) or is_made_up(name) for name in names):
        return True
    if any(is_made_up(found[1]) for text in enclosing(document, mention.line) if (found := _DEFINED.search(text))):
        return True
    if document.language != "yaml":
        return False
    parents, _ = document.outline
    number = parents[mention.line - 1]
    while number >= 0:
        beside = (
            row for at, row in enumerate(document.rows[number + 1 : mention.line], number + 1) if parents[at] == number
        )
        if any(_BASE.search(row) and LOCAL.search(row) for row in beside):
            return True
        number = parents[number]
    return False


def is_argument(mention: Mention, context: Context) -> bool:
    """Say whether an id is handed to a call that takes one."""
    place = mention.place
    return place.argument and is_call(place.callee, context.signatures.scope_words)


def _role(document: Document, mention: Mention, key: str, context: Context) -> tuple[Role, bool]:
    """Say what a model's id is there for, and whether it is what is taken when nobody chooses."""
    place = mention.place
    parent = place.around[0] if place.around else ""
    within = is_model(parent) and split(parent)[-1] != "models" and not place.compared
    if key.lower() in {"id", "name"} and within and named(parent, context.signatures) is None:
        listed = any(_LIST.search(text) for text in enclosing(document, mention.line)[:1])
        return (Role.SELECTABLE, False) if listed else (Role.DEFAULT, True)
    if place.compared or place.is_key or _is_listed(key):
        return Role.SELECTABLE, False
    if place.argument and is_model(parent) and split(parent)[-1] != "models":
        return Role.CALL_SITE, True
    if place.fallback or is_default(key) or _is_flag(document, mention):
        return Role.DEFAULT, True
    if is_model(key):
        shared = document.language in _SETTINGS and not is_switch(key)
        return (Role.DEFAULT, True) if shared or key.isupper() else (Role.CALL_SITE, True)
    if any(is_default(name) for name in place.around[:1]):
        return Role.DEFAULT, True
    if place.argument and is_call(place.callee, context.signatures.scope_words):
        return Role.CALL_SITE, True
    return Role.SELECTABLE, False


def _is_flag(document: Document, mention: Mention) -> bool:
    """Say whether an id is what a flag of a command, or a setting, for a model has where nobody gives another."""
    if document.language != "go" or not mention.place.argument:
        return False
    start = mention.sighting.start
    found = _FLAG.search(document.text, max(document.lines[mention.line - 1], start - _FARTHEST), start)
    return found is not None and is_model(found[1])


def _is_listed(key: str) -> bool:
    """Say whether a key is that of an entry of a list, which chooses nothing."""
    return bool(set(split(key)) & _LISTED) and not is_default(key) and not is_model(key)


def _grip(document: Document, mention: Mention, found: Named, context: Context, *, asked: bool) -> Grip:
    """In a test a bare name proves nothing; elsewhere it is asked for as a model, or bears its maker or its date."""
    if document.part is Part.TEST or mention.line >= document.tests_from:
        key = mention.place.key or mention.place.callee
        given = is_model(key) and ("/" in found.model or (found.sure and found.channel in context.signatures.clouds))
        return Grip.FIRM if given or _is_made(mention, found) else Grip.LOOSE
    if _is_imitated(document, mention, context):
        return Grip.LOOSE
    if document.has_prices:  # A list of a program says by its field what is asked for; in data it is only priced.
        return Grip.FAIR if document.language in PROGRAMS and is_model(mention.place.key) and found.sure else Grip.LOOSE
    own = found.sure and ("/" in found.model or ":" in found.model or _DATED.search(found.model) is not None)
    if asked or own:
        return Grip.FIRM
    if mention.place.argument and _NEW.search(mention.place.callee) and found.versioned:
        return Grip.FAIR
    return Grip.FAIR if found.sure else Grip.LOOSE

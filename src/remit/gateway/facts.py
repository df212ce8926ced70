"""Makes a `Use` of one call: what the register binds it to, what the gateway saw, and apart from both what is declared.

1. Configured: the use case of the credential, and all that the register says of it and of its scope.
2. Measured: the model by the catalogue, where it is sent, and the name of a tool, whose effect the register tells. A
   tool that is not registered has the most serious effect.
3. Declared: what `remit-*` headers and the body's metadata say. It is never taken over what 1 and 2 say, and one that
   contradicts them ends the call; nor may it say who asks and for what model, since that is not for the caller to say.
4. A tool is known again under other capitals and other forms of its letters. One that only ends in a registered
   name counts as both, that one and one that is not registered, so that no clause misses it and none is fooled.
"""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from remit.ledger.commitment import Written
from remit.terms.action import Action
from remit.terms.attribute import AttributeType
from remit.terms.completion import complete_use
from remit.terms.use import Fact, Use, VouchedBy, names_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from remit.gateway.routing import Target
    from remit.terms.attribute import Attribute
    from remit.terms.terms import Terms
    from remit.terms.use import Value

HEADER = "remit-"
_BY_CREDENTIAL = "by the credential"
_BY_GATEWAY = "seen by the gateway"
_BY_CALLER = "said by the caller"
_NOT_FOR_CALLERS = (
    "model.",
    "tool.",
    "scope.",
    "organisation",
    "customer",
    "use.case",
    "requests.",
    "tokens.",
    "money.",
    "content.",
    "people.",
    "signal.",
)
_OTHER_HEADERS = frozenset({"remit-session"})
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_LAST_PART = re.compile(r"[^./:]+|(?<=__)[^_].*")
_MOST_KEPT = 4096


class FactsRefused(Exception):
    """What the caller declares cannot be taken; `contradicts` tells a contradiction from what cannot be read."""

    def __init__(self, says: str, *, contradicts: bool) -> None:
        super().__init__(says)
        self.contradicts = contradicts


class Declared(NamedTuple):
    """What the caller says, by attribute."""

    facts: tuple[tuple[str, Fact], ...] = ()


NOTHING_DECLARED = Declared()


class FactSheet:
    """What the register and the catalogue say of each use case at each target, made once for each terms."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._kept: dict[tuple[str, ...], Mapping[str, Fact]] = {}
        self._texts: dict[int, Written] = {}
        self._spelt = {_header_of(ident): attribute for ident, attribute in terms.vocabulary.attributes.items()}
        self._tools: dict[str, str] = {}
        for tool in terms.register.tools:
            self._tools.setdefault(_spelling(tool.id), tool.id)

    def invoke(self, case: str, target: Target, more: Mapping[str, Fact], declared: Declared) -> Use:
        """Return the use of a model at a target; raise where what is declared contradicts it."""
        kept = self._base(case, target)
        if not more and not declared.facts:
            return Use(Action.INVOKE, kept)
        return Use(Action.INVOKE, self._joined({**kept, **more}, declared))

    def before_model(self, case: str, models: frozenset[str], declared: Declared) -> Use:
        """Return what is known of a use case where no model is seen: it counts as each that the case may reach."""
        facts = {"use.case": Fact(case, VouchedBy.CONFIGURED, _BY_CREDENTIAL)}
        if models:
            facts["model.id"] = Fact(models, VouchedBy.CONFIGURED, "one of those that the use case may reach")
        known = complete_use(self.terms, Use(Action.INVOKE, facts)).facts
        return Use(Action.INVOKE, self._joined(dict(known), declared))

    def act(self, name: str, use: Use) -> Use:
        """Return the use of a tool that was proposed within a use of a model."""
        tool = complete_use(self.terms, Use(Action.ACT, {"tool.name": Fact(self._tool(name), *_MEASURED)}))
        return Use(Action.ACT, {**use.facts, **tool.facts})

    def tools(self, name: str) -> frozenset[str]:
        """Return the names that a proposed tool goes by."""
        return names_in(self._tool(name)) or frozenset()

    def text(self, action: Action, facts: Mapping[str, Fact]) -> Written:
        """Write a use: its action, and its facts with who vouches for each and why; what comes again is kept."""
        kept = self._texts.get(id(facts)) if action is Action.INVOKE else None
        return kept or _use_text(action, facts)

    def is_kept(self, facts: Mapping[str, Fact]) -> bool:
        """Tell whether facts are those that come again and again, and stay as they are."""
        return id(facts) in self._texts

    def declared(self, headers: Iterable[tuple[bytes, bytes]], metadata: Mapping[str, str]) -> Declared:
        """Read what the caller says of itself; raise where it cannot be read."""
        found: dict[str, Fact] = {}
        for raw, content in headers:
            if raw.startswith(b"remit-"):
                name = raw.decode("latin-1")
                if name not in _OTHER_HEADERS:
                    self._declare(found, name, content.decode("latin-1"))
        for key, text in metadata.items():
            name = _header_of(key)
            # What is neither an attribute of the terms nor marked as Remit's is between the caller and its provider.
            if (name in self._spelt or _is_ours(key)) and name not in _OTHER_HEADERS:
                self._declare(found, name, text)
        return Declared(tuple(sorted(found.items()))) if found else NOTHING_DECLARED

    def _base(self, case: str, target: Target) -> Mapping[str, Fact]:
        key = (case, target.model, target.upstream.id)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) > _MOST_KEPT:
                self._kept.clear()
                self._texts.clear()
            facts = {"use.case": Fact(case, VouchedBy.CONFIGURED, _BY_CREDENTIAL)}
            upstream = target.upstream
            for name, value in (
                ("model.id", target.model),
                ("model.channel", upstream.channel or self._channel_of(upstream.service)),
                ("model.service", upstream.service),
            ):
                if value:
                    facts[name] = Fact(value, *_MEASURED)
            kept = self._kept[key] = complete_use(self.terms, Use(Action.INVOKE, facts)).facts
            self._texts[id(kept)] = _use_text(Action.INVOKE, kept)
        return kept

    def _channel_of(self, service: str) -> str:
        return self.terms.catalogue.services.get(service, "") if service else ""

    def _tool(self, name: str) -> Value:
        exact = self._tools.get(_spelling(name))
        if exact is not None:
            return exact
        ends = {self._tools[end] for part in _LAST_PART.findall(name) if (end := _spelling(part)) in self._tools}
        return frozenset({name, *ends}) if ends else name or "?"

    def _declare(self, found: dict[str, Fact], header: str, text: str) -> None:
        attribute = self._spelt.get(header)
        if attribute is None:
            raise FactsRefused(f"{header} names no attribute of the terms", contradicts=False)
        value = _read_value(attribute, text.strip())
        if value is None:
            raise FactsRefused(f"{header} is not a {attribute.type}: {text[:80]!r}", contradicts=False)
        known = found.setdefault(attribute.ident, Fact(value, VouchedBy.DECLARED, _BY_CALLER))
        if known.value != value:
            raise FactsRefused(f"{attribute.ident} is declared twice, and not alike", contradicts=True)

    def _joined(self, facts: dict[str, Fact], declared: Declared) -> dict[str, Fact]:
        for name, fact in declared.facts:
            known = facts.get(name)
            if known is None:
                if name.startswith(_NOT_FOR_CALLERS):
                    raise FactsRefused(f"{name} is not for the caller to say", contradicts=True)
                facts[name] = fact
            elif not _agrees(fact.value, known.value):
                says = f"{name} is declared, and {known.vouched_by.word} otherwise"
                raise FactsRefused(says, contradicts=True)
        return facts


_MEASURED = (VouchedBy.MEASURED, _BY_GATEWAY)


def _agrees(declared: Value, known: Value) -> bool:
    """Tell whether what is declared lies within what is known; known it stays, whole."""
    said, have = names_in(declared), names_in(known)
    return said <= have if said is not None and have is not None else declared == known


def _header_of(ident: str) -> str:
    """Write an attribute as a header: `remit-use-purpose` for `use.purpose`."""
    word = _dashed(ident)
    return word if word.startswith(HEADER) else HEADER + word


def _is_ours(key: str) -> bool:
    """Tell whether a key of the metadata is marked as said to Remit."""
    return _dashed(key).startswith(HEADER)


def _dashed(word: str) -> str:
    return word.strip().lower().replace(".", "-").replace("_", "-")


def _spelling(name: str) -> str:
    """Return a name without its capitals, the widths of its letters and what cannot be seen of it."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in plain if unicodedata.category(letter) not in {"Cf", "Cc", "Zs"})


def _read_value(attribute: Attribute, text: str) -> Value | None:
    match attribute.type:
        case AttributeType.NAME:
            names = frozenset(name for part in text.split(",") if (name := part.strip()))
            return None if not names else names if len(names) > 1 else min(names)
        case AttributeType.NUMBER:
            number = _NUMBER.fullmatch(text)
            return None if number is None else Decimal(text) if "." in text else int(text)
        case AttributeType.FLAG:
            return {"true": True, "false": False}.get(text)


def _use_text(action: Action, facts: Mapping[str, Fact]) -> Written:
    plain = {name: [_plain(fact.value), fact.vouched_by.word, fact.source] for name, fact in sorted(facts.items())}
    return Written(json.dumps({"action": action.value, "facts": plain}, ensure_ascii=False, separators=(",", ":")))


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return value if isinstance(value, (str, bool, int)) else str(value)

"""The organisation's own register, `remit.yaml`: who, where, for whom, with which tools, and who may approve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from remit.terms.attribute import ATTRIBUTES, Attribute, AttributeType
from remit.terms.budget import PeopleBudget, read_people_budget
from remit.terms.catalogue import Maker, Model
from remit.terms.clock import Clock, Event, read_clock, read_events
from remit.terms.detector import DetectorRow, read_detector_row
from remit.terms.document import Items, Mapping, Node, Scalar
from remit.terms.fields import Fields, Number, plain_flag, plain_number
from remit.terms.reference import Reference
from remit.terms.signature import key_blob
from remit.terms.standing import Entry, read_entry
from remit.terms.tool_server import ToolServer, read_tool_server
from remit.terms.upstream import Price, Upstream, read_currency, read_price, read_upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta


Row = TypeVar("Row")
FactValue = str | frozenset[str] | Number | bool

MOST_ASKED_AGAIN = 3
"""How often a model may be asked once more in one reply."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a party in OpenSSH form, pinned for a time."""

    text: str
    from_: datetime | None = None
    until: datetime | None = None

    def is_valid(self, moment: datetime) -> bool:
        """Tell whether the key was pinned for an instant."""
        return (self.from_ is None or self.from_ <= moment) and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Party:
    """Who issues instruments, is bound by them, or uses models."""

    id: str
    name: str
    role: str = ""
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A level of classification; a model serves it only by an authorisation, unless it says `none` is needed."""

    id: str
    needs_authorisation: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """A contract or programme, what serves it, and the facts that hold for all of its uses."""

    id: str
    says: str
    kind: str
    organisation: str
    customer: str
    level: str
    environment: str
    serves: tuple[str, ...]
    spares: tuple[str, ...]
    facts: dict[str, FactValue]


@dataclass(frozen=True, slots=True)
class UseCase:
    """One registered use of models within a scope, and the facts that hold for it.

    Where `models` or `tools` are named, it reaches no others; models stand in the order of preference.
    """

    id: str
    scope: str
    says: str
    serves: tuple[str, ...]
    facts: dict[str, FactValue]
    models: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    people: PeopleBudget | None = None
    asks_again: int = MOST_ASKED_AGAIN
    """How often, in one reply, the model is asked once more after all that it proposed was refused."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that a model may call, with the effects it has, and the fields of it that each name one person."""

    id: str
    effects: tuple[str, ...]
    says: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Qualification:
    """What a person was found fit for, from when to when."""

    id: str
    from_: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a person: the id of its credential and its public key, both in base64url."""

    id: str
    key: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """Who may go past a provider's clauses by name: who begins it, who confirms it, who is told, and for how long."""

    of: str
    second: str
    told: tuple[str, ...]
    lasts: timedelta
    confirmed_within: timedelta


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may approve, in which roles and from when to when."""

    id: str
    name: str
    roles: tuple[str, ...]
    unit: str = ""
    key: str = ""
    from_: datetime | None = None
    until: datetime | None = None
    passkeys: tuple[Passkey, ...] = ()
    qualifications: tuple[Qualification, ...] = ()


@dataclass(frozen=True, slots=True)
class Register:
    """Everything the organisation says of itself."""

    organisation: str = ""
    parties: tuple[Party, ...] = ()
    levels: tuple[Level, ...] = ()
    environments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    scopes: tuple[Scope, ...] = ()
    use_cases: tuple[UseCase, ...] = ()
    tools: tuple[Tool, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    tool_servers: tuple[ToolServer, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    makers: tuple[Maker, ...] = ()
    models: tuple[Model, ...] = ()
    standing: tuple[tuple[str, Entry, Fields], ...] = ()
    currency: str = ""
    prices: tuple[Price, ...] = ()
    emergency: Emergency | None = None
    detectors: tuple[DetectorRow, ...] = ()
    clocks: tuple[Clock, ...] = ()
    events: tuple[Event, ...] = ()

    def party(self, ident: str) -> Party | None:
        """Return a party by its name."""
        return next((party for party in self.parties if party.id == ident), None)

    def scope(self, ident: str) -> Scope | None:
        """Return a scope by its name."""
        return next((scope for scope in self.scopes if scope.id == ident), None)

    def use_case(self, ident: str) -> UseCase | None:
        """Return a use case by its name."""
        return next((case for case in self.use_cases if case.id == ident), None)


def read_register(top: Fields) -> tuple[Register, tuple[Reference, ...]]:
    """Read the register; names it refers to are returned for checking against the vocabulary."""
    references: list[Reference] = []

    def refer(fields: Fields, key: str, attribute: str) -> str:
        name = fields.ident(key)
        if name:
            references.append(Reference(fields, key, attribute, name))
        return name

    own_attributes = _unique("id", top.each("attributes"), _attribute)
    types = {a.ident: a for a in (*own_attributes, *ATTRIBUTES)}
    organisation = refer(top, "organisation", "organisation")
    clocks = tuple(
        clock for clock in _unique("id", top.each("clocks"), lambda f: read_clock(f, references)) if clock is not None
    )
    register = Register(
        organisation=organisation,
        parties=_unique("id", top.each("parties"), _party),
        levels=_unique("id", top.each("levels"), _level),
        environments=_environments(top),
        roles=top.names("roles"),
        people=_unique("id", top.each("people"), lambda f: _person(f, references)),
        scopes=_unique("id", top.each("scopes"), lambda f: _scope(f, refer, organisation, types, references)),
        use_cases=_unique("id", top.each("use_cases"), lambda f: _use_case(f, refer, types, references)),
        tools=_unique("id", top.each("tools"), lambda f: _tool(f, references)),
        tool_servers=_unique("id", top.each("tool_servers"), read_tool_server),
        upstreams=_unique("id", top.each("upstreams"), lambda f: read_upstream(f, refer, references)),
        detectors=_unique("id", top.each("detectors"), lambda f: read_detector_row(f, references)),
        clocks=clocks,
        events=read_events(top, clocks),
        attributes=own_attributes,
        names=_names(top, types),
        makers=_unique("id", top.each("makers"), _maker),
        models=_unique("id", top.each("models"), lambda f: _model(f, refer)),
        standing=_standing(top),
        emergency=_emergency(top, references),
        currency=read_currency(top),
        prices=_unique("model", top.each("prices"), lambda f: read_price(f, refer)),
    )
    if register.prices and not register.currency:
        top.missing("currency", "prices are in a currency, such as EUR")
    top.done()
    return register, tuple(references)


def _unique(key: str, each: Iterable[Fields], read: Callable[[Fields], Row]) -> tuple[Row, ...]:
    """Read every row; note a name that stands twice."""
    seen: set[str] = set()
    rows: list[Row] = []
    for fields in each:
        rows.append(read(fields))
        fields.done()
        entry = fields.node.entries.get(key)
        if entry is not None and isinstance(entry[1], Scalar):
            if entry[1].text in seen:
                fields.fault(key, "this name stands twice")
            seen.add(entry[1].text)
    return tuple(rows)


def _party(fields: Fields) -> Party:
    ident = fields.ident("id", "a party needs a name")
    # An empty list would pin nothing and look as if it did.
    keys = tuple(_key(row) for row in fields.each("keys", "public keys" if fields.has("keys") else ""))
    return Party(ident, fields.text("name") or ident, fields.text("role"), keys)


def _key(fields: Fields) -> Key:
    key = Key(fields.text("key", "the public key in OpenSSH form"), fields.instant("from"), fields.instant("until"))
    fields.done()
    try:
        if key.text:
            key_blob(key.text)
    except ValueError as error:
        fields.fault("key", str(error))
    return key


def _level(fields: Fields) -> Level:
    ident = fields.ident("id", "a level needs a name")
    scalar = fields.scalar("authorisation")
    if scalar is not None and scalar.text not in {"none", "required"}:
        fields.fault("authorisation", "expected required or none")
    return Level(ident, scalar is None or scalar.text != "none")


def _environments(top: Fields) -> tuple[str, ...]:
    return top.names("environments")


def _person(fields: Fields, references: list[Reference]) -> Person:
    ident = fields.ident("id", "a person needs a name to be called by")
    roles = fields.names("roles", "the roles this person may approve in")
    references.extend(Reference(fields, "roles", "requester.role", role) for role in roles)
    return Person(
        ident,
        fields.text("name") or ident,
        roles,
        fields.text("unit"),
        fields.text("key"),
        fields.instant("from"),
        fields.instant("until"),
        _unique("id", fields.each("passkeys"), _passkey),
        _unique("id", fields.each("qualifications"), _qualification),
    )


def _passkey(fields: Fields) -> Passkey:
    return Passkey(
        fields.text("id", "the id of the credential, in base64url"), fields.text("key", "its public key, in base64url")
    )


def _qualification(fields: Fields) -> Qualification:
    ident = fields.ident("id", "what the person is qualified for")
    return Qualification(ident, fields.instant("from"), fields.instant("until"))


def _emergency(top: Fields, references: list[Reference]) -> Emergency | None:
    """Read who may go past a provider's clauses; without all of it nobody may."""
    fields = top.inner("emergency")
    if fields is None:
        return None
    of = fields.ident("of", "the role whose people may begin it")
    second = fields.ident("second", "the role whose people confirm it afterwards")
    told = fields.names("told", "who is told of it at once")
    lasts = fields.length("lasts", "how long it lasts at most")
    within = fields.length("confirmed_within", "how soon a second person confirms it; otherwise it closes")
    fields.done()
    references.extend(Reference(fields, key, "requester.role", role) for key, role in (("of", of), ("second", second)))
    return Emergency(of, second, told, lasts, within) if lasts is not None and within is not None else None


def _scope(
    fields: Fields,
    refer: Callable[[Fields, str, str], str],
    organisation: str,
    types: dict[str, Attribute],
    references: list[Reference],
) -> Scope:
    return Scope(
        id=fields.ident("id", "a scope needs a name"),
        says=fields.text("says"),
        kind=fields.ident("kind"),
        organisation=refer(fields, "organisation", "organisation") or organisation,
        customer=refer(fields, "customer", "customer"),
        level=refer(fields, "level", "scope.level"),
        environment=refer(fields, "environment", "scope.environment"),
        serves=fields.names("serves", "the paths that serve this scope, such as services/**"),
        spares=fields.names("spares"),
        facts=_facts(fields, types, references),
    )


def _use_case(
    fields: Fields,
    refer: Callable[[Fields, str, str], str],
    types: dict[str, Attribute],
    references: list[Reference],
) -> UseCase:
    ident = fields.ident("id", "a use case needs a name")
    scope = refer(fields, "scope", "scope.id")
    models, tools = fields.names("models"), fields.names("tools")
    references.extend(Reference(fields, "models", "model.id", model) for model in models)
    references.extend(Reference(fields, "tools", "tool.name", tool) for tool in tools)
    return UseCase(
        ident,
        scope,
        fields.text("says"),
        fields.names("serves"),
        _facts(fields, types, references),
        models,
        tools,
        read_people_budget(fields),
        fields.count("asks_again", most=MOST_ASKED_AGAIN) if fields.has("asks_again") else MOST_ASKED_AGAIN,
    )


def _tool(fields: Fields, references: list[Reference]) -> Tool:
    effects = fields.names("effect", "what the tool does; it would count as the most serious otherwise")
    references.extend(Reference(fields, "effect", "tool.effect", effect) for effect in effects)
    return Tool(fields.ident("id", "a tool needs a name"), effects, fields.text("says"), fields.names("people"))


def _attribute(fields: Fields) -> Attribute:
    ident = fields.ident("id", "an attribute needs a name")
    if any(attribute.ident == ident for attribute in ATTRIBUTES):
        fields.fault("id", "this attribute is built in; add names to it under names")
    kind = fields.choice("type", AttributeType) or AttributeType.NAME
    return Attribute(ident, fields.text("says") or ident, kind, names=fields.names("names"))


def _names(top: Fields, types: dict[str, Attribute]) -> dict[str, tuple[str, ...]]:
    inner = top.inner("names")
    if inner is None:
        return {}
    found = {}
    for name, attribute in types.items():
        if attribute.type is AttributeType.NAME:
            found[name] = inner.names(name)
    inner.done()
    return found


def _maker(fields: Fields) -> Maker:
    ident = fields.ident("id", "a maker needs a name")
    return Maker(ident, fields.text("name") or ident, fields.ident("parent") or ident, fields.ident("domicile"))


def _model(fields: Fields, refer: Callable[[Fields, str, str], str]) -> Model:
    return Model(
        id=fields.ident("id", "a model needs its id"),
        maker=refer(fields, "maker", "model.maker"),
        family=fields.ident("family"),
        licence=fields.ident("licence"),
        base=fields.ident("base"),
        weights=fields.ident("weights"),
        aliases=fields.names("aliases"),
    )


def _standing(top: Fields) -> tuple[tuple[str, Entry, Fields], ...]:
    """Read what we learned of an instrument after its file was signed: stays, reversals, ends."""
    found = []
    for fields in top.each("standing"):
        instrument = fields.ident("instrument", "the instrument this is about")
        entry = read_entry(fields)
        fields.done()
        if instrument and entry is not None:
            found.append((instrument, entry, fields))
    return tuple(found)


def _facts(fields: Fields, types: dict[str, Attribute], references: list[Reference]) -> dict[str, FactValue]:
    inner = fields.inner("facts")
    if inner is None:
        return {}
    found: dict[str, FactValue] = {}
    for name, attribute in types.items():
        node = inner.take(name)
        if node is None:
            continue
        value = read_fact_value(attribute, node)
        if value is None:
            inner.fault(name, f"expected a {attribute.type}", node)
            continue
        found[name] = value
        names = value if isinstance(value, frozenset) else [value] if isinstance(value, str) else []
        references.extend(Reference(inner, name, name, item) for item in names)
    inner.done()
    return found


def read_fact_value(attribute: Attribute, node: Node) -> FactValue | None:
    """Return the value of a fact as its attribute's type has it; nothing for any other."""
    match attribute.type, node:
        case AttributeType.NAME, Scalar() if node.text:
            return node.text
        case AttributeType.NAME, Items() if node.items:
            texts = [item.text for item in node.items if isinstance(item, Scalar) and item.text]
            return frozenset(texts) if len(texts) == len(node.items) else None
        case AttributeType.NUMBER, Scalar():
            return plain_number(node)
        case AttributeType.FLAG, Scalar():
            return plain_flag(node)
        case _, Mapping():
            return None
    return None

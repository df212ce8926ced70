"""The servers that models are reached at, and what models cost: what the gateway needs to know to send a call on.

No key ever stands in the terms; a row names the variable of the environment that holds it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from remit.terms.fields import plain_number
from remit.terms.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from remit.terms.fields import Fields

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Secured:
    """How a connection is secured beside what the machine does: variables that hold the paths of files in PEM."""

    authorities_from: str = ""
    """The authorities to trust in place of the machine's."""
    certificate_from: str = ""
    """Our own certificate, where the upstream asks who we are."""
    key_from: str = ""
    """The key of that certificate, where it stands in a file of its own."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server that models are reached at; the gateway reads it."""

    id: str
    maker: str
    channel: str
    base_url: str
    level: str = ""
    environment: str = ""
    service: str = ""
    """The cloud, router or local server it is, as the catalogue names it; one that asks for signed calls gets them."""
    dialects: tuple[str, ...] = ()
    """The wire forms it answers to; every one where none is named."""
    key_from: str = ""
    """The variable of the environment that holds its key."""
    region: str = ""
    project: str = ""
    models: dict[str, str] = field(default_factory=dict)
    """What it calls each model; where any is named it serves no others."""
    tls: Secured | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens of a model cost, in the register's currency."""

    model: str
    input: Decimal
    output: Decimal


def read_upstream(fields: Fields, refer: Callable[[Fields, str, str], str], references: list[Reference]) -> Upstream:
    """Read one row; its names are noted for checking."""
    return Upstream(
        fields.ident("id", "an upstream needs a name"),
        refer(fields, "maker", "model.maker"),
        refer(fields, "channel", "model.channel"),
        _address(fields),
        refer(fields, "level", "scope.level"),
        refer(fields, "environment", "scope.environment"),
        refer(fields, "service", "model.service"),
        fields.names("dialects"),
        read_key(fields),
        fields.ident("region"),
        fields.ident("project"),
        _wire_names(fields, references),
        _read_secured(fields),
    )


def _address(fields: Fields) -> str:
    address = fields.text("base_url", "the address the server is reached at")
    if address and not address.startswith(("https://", "http://")):
        fields.fault("base_url", "expected an address that begins with https:// or http://")
    return address


def read_key(fields: Fields) -> str:
    """Read where a key comes from: a variable, so that no key ever stands in the terms."""
    return _variable(fields, "key", "the variable of the environment that holds the key")


def _read_secured(fields: Fields) -> Secured | None:
    """Read how a connection is secured, which one in the clear cannot be."""
    inner = fields.inner("tls")
    if inner is None:
        return None
    if fields.text("base_url").startswith("http://"):
        fields.fault("tls", "the base_url begins with http://, and nothing sent there is secured")
    says = "the variable of the environment that holds the path of the file"
    found = Secured(*(_variable(inner, name, says) for name in ("authorities", "certificate", "key")))
    if found.key_from and not found.certificate_from:
        inner.fault("key", "expected a certificate too, of which it is the key")
    inner.done()
    return found


def _variable(fields: Fields, key: str, says: str) -> str:
    """Read the name of a variable of the environment."""
    inner = fields.inner(key)
    if inner is None:
        return ""
    variable = inner.text("env", says)
    if variable and not _VARIABLE.fullmatch(variable):
        inner.fault("env", "not the name of a variable: letters, digits and _ only; the key itself never stands here")
    inner.done()
    return variable


def _wire_names(fields: Fields, references: list[Reference]) -> dict[str, str]:
    """Read what an upstream calls each model; two models under one name could not be told apart in its replies."""
    inner = fields.inner("models")
    if inner is None:
        return {}
    names: dict[str, str] = {}
    for model in inner.node.entries:
        name = inner.text(model)
        references.append(Reference(inner, model, "model.id", model))
        if name.casefold() in {other.casefold() for other in names.values()}:
            inner.fault(model, "another model goes by this name here")
        names[model] = name
    inner.done()
    return names


def read_currency(top: Fields) -> str:
    """Read the currency that prices and limits are in."""
    currency = top.text("currency")
    if currency and not _CURRENCY.fullmatch(currency):
        top.fault("currency", "expected the three capital letters of a currency, such as EUR")
    return currency


def read_price(fields: Fields, refer: Callable[[Fields, str, str], str]) -> Price:
    """Read what a model costs."""
    model = refer(fields, "model", "model.id")
    if not fields.has("model"):
        fields.missing("model", "a price is of a model")
    return Price(model, _amount(fields, "input"), _amount(fields, "output"))


def _amount(fields: Fields, key: str) -> Decimal:
    scalar = fields.scalar(key, "the price of a million tokens")
    number = None if scalar is None else plain_number(scalar)
    if scalar is not None and (number is None or number < 0):
        fields.fault(key, "expected a price, such as 2.50")
    return Decimal(number or 0)

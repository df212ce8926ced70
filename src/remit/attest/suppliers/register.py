"""The register of a round of asking: who asks, about what, and who must answer by when (`suppliers.yaml`).

1. Who must answer comes from this file and from what answers add to it; never from the answers alone.
2. No suppliers at all is said with a reason, `suppliers: {none: reason}`; an absent list is a fault.
3. A supplier's name becomes the name of a file, so it is made of letters, digits, points and strokes only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from remit.attest.predicates.model_integration import Role
from remit.attest.suppliers.keys import KEY_TYPES, MINISIGN, PinnedKey, read_key
from remit.attest.suppliers.statement import Coverage, Order, Subject, Target
from remit.attest.suppliers.table import read_rows
from remit.errors import TermsUnusable
from remit.terms.document import Items, Mapping, read_document
from remit.terms.fields import Fields, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

UNUSABLE = "The register of suppliers is not usable; nothing was asked, and nothing was concluded."
RELATIONS = (
    "runtime-call",
    "embedded-in-product",
    "development-tool",
    "ai-authored-code",
    "vendor-open-source",
    "protocol-compatible-only",
    "local-weights",
    "dormant",
    "documentation-only",
)
"""The kinds of relation to a model that a scan tells apart (DESIGN, section 5)."""

COUNTED = ("runtime-call", "embedded-in-product", "development-tool", "local-weights")
"""Those that contradict a statement of `not-found` unless the register says otherwise: a model is in use."""

GRADES = ("E0", "E1", "E2", "E3", "E4", "E5")
DEFAULT_VALIDITY = timedelta(days=90)
_SUPPLIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key that stopped counting: what came in from then on was signed by nobody knows whom."""

    ident: str
    from_: datetime
    known: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Supplier:
    """One who must answer, unless it is exempt for a reason."""

    id: str
    name: str
    role: Role
    covers: Coverage
    keys: tuple[PinnedKey, ...] = ()
    due: datetime | None = None
    supplies_from: tuple[str, ...] = ()
    none_reason: str = ""
    exempt: str = ""
    may_vouch: bool = False
    contact: str = ""

    @property
    def is_required(self) -> bool:
        """Tell whether an answer is owed."""
        return not self.exempt


@dataclass(frozen=True)
class Round:
    """One round of asking."""

    id: str
    by: str
    name: str
    return_to: str
    order: Order
    target: Target
    asked: datetime
    due: datetime
    valid_for: timedelta
    grade: str = "E1"
    surfaces: tuple[str, ...] = ()
    relations: frozenset[str] = frozenset(COUNTED)
    accepts: tuple[str, ...] = (*KEY_TYPES, MINISIGN)
    revoked: tuple[Revocation, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    none_reason: str = ""

    @cached_property
    def by_id(self) -> dict[str, Supplier]:
        """The suppliers by their names."""
        return {supplier.id: supplier for supplier in self.suppliers}


def read_round(path: str, content: bytes, table: tuple[str, bytes] | None = None) -> Round:
    """Read a register, with a table of suppliers beside it; raise `TermsUnusable` with every fault of both at once."""
    document = read_document(path, content)
    beside, rows = (None, []) if table is None else read_rows(*table)
    faults = [] if beside is None else beside.faults
    if document.root is None:
        raise TermsUnusable([*document.faults, *faults], UNUSABLE)
    found = _round(Fields.of(document, document.root), rows)
    if document.faults or faults or found is None:
        raise TermsUnusable([*document.faults, *faults], UNUSABLE)
    return found


def _round(top: Fields, rows: list[Fields]) -> Round | None:
    ident = read_id(top, "round", "a name for this round of asking")
    by = top.ident("by", "who asks")
    order = read_order(top.inner("order", "the order that is asked about, with id, version and digest"))
    target, relations = _target(top.inner("target", "whose models are asked about"))
    asked = top.instant("asked", "the instant from which answers count")
    due = top.instant("due", "the instant by which answers are due")
    valid_for = top.length("valid_for") or DEFAULT_VALIDITY
    grade = top.text("grade") or "E1"
    if grade not in GRADES:
        top.fault("grade", f"expected one of {', '.join(GRADES)}")
    accepts = top.names("accepts") or (*KEY_TYPES, MINISIGN)
    for scalar in top.scalars("accepts"):
        if scalar.text not in (*KEY_TYPES, MINISIGN):
            top.fault("accepts", unknown("key type", scalar.text, (*KEY_TYPES, MINISIGN)), scalar)
    revoked = tuple(_revocations(top))
    suppliers, none_reason = _suppliers(top, rows)
    name, return_to = top.text("name") or by, top.text("return_to", "the address that answers are sent to")
    surfaces = top.names("surfaces", "the places that a supplier has to look in, such as repositories")
    top.done()
    if by in {supplier.id for supplier in suppliers} - {""}:
        top.fault("by", "this is a supplier's name too, and nobody owes itself an answer")
    if asked is not None and due is not None and due <= asked:
        top.fault("due", "not after asked; nobody could answer in time")
    if order is None or target is None or asked is None or due is None:
        return None
    return Round(
        ident,
        by,
        name,
        return_to,
        order,
        target,
        asked,
        due,
        valid_for,
        grade,
        surfaces,
        relations,
        accepts,
        revoked,
        suppliers,
        none_reason,
    )


def read_id(fields: Fields, key: str, missing: str = "") -> str:
    """Read a name that may become the name of a file."""
    scalar = fields.scalar(key, missing)
    if scalar is None:
        return ""
    if fault := id_fault(scalar.text):
        fields.fault(key, fault)
        return ""
    return scalar.text


def id_fault(text: str) -> str:
    """Say why a text cannot be a supplier's name; empty where it can."""
    if not _SUPPLIER.fullmatch(text) or ".." in text or text.endswith("."):
        return "not a supplier's name: letters, digits, and . _ - between them, at most 64; it becomes a file's name"
    if _RESERVED.fullmatch(text):
        return "a name that some systems keep for themselves; choose another"
    return ""


def read_digest(fields: Fields, key: str, missing: str = "") -> str:
    """Read a digest."""
    text = fields.text(key, missing)
    if text and not DIGEST.fullmatch(text):
        fields.fault(key, "not a digest: sha256: and 64 hexadecimal digits")
        return ""
    return text


def read_order(fields: Fields | None) -> Order | None:
    """Read which version of which order is meant."""
    if fields is None:
        return None
    order = Order(
        fields.ident("id", "the name of the order"),
        fields.count("version", "which version of it", least=1),
        read_digest(fields, "digest", "the digest of its text"),
    )
    fields.done()
    return order


def _target(fields: Fields | None) -> tuple[Target | None, frozenset[str]]:
    if fields is None:
        return None, frozenset()
    target = read_target(fields)
    relations = fields.names("relations") or COUNTED
    for scalar in fields.scalars("relations"):
        if scalar.text not in RELATIONS:
            fields.fault("relations", unknown("relation", scalar.text, RELATIONS), scalar)
    fields.done()
    return target, frozenset(relations)


def read_target(fields: Fields) -> Target:
    """Read whose models are meant."""
    lineage = fields.text("lineage") or "including-derived"
    if lineage not in {"including-derived", "named-only"}:
        fields.fault("lineage", "expected including-derived or named-only")
    return Target(fields.ident("maker", "the maker of the models"), fields.names("models") or ("*",), lineage)


def _revocations(top: Fields) -> Iterator[Revocation]:
    for fields in top.each("revoked"):
        key = _read_line(fields, "key", fields.text("key", "the key, as it was pinned"))
        from_ = fields.instant("from", "the instant from which it no longer counts")
        known = fields.instant("known") or from_
        why = fields.text("why")
        fields.done()
        if key is not None and from_ is not None and known is not None:
            yield Revocation(key.ident, from_, known, why)


def _suppliers(top: Fields, rows: list[Fields]) -> tuple[tuple[Supplier, ...], str]:
    """Read the suppliers, or the reason why there are none (2)."""
    node = top.take("suppliers", "" if rows else "who must answer; or {none: reason} where nobody must")
    if isinstance(node, Mapping):
        inner = top.inner("suppliers")
        reason = "" if inner is None else inner.text("none", "the reason why nobody must answer")
        if inner is not None:
            inner.done()
        if rows:
            top.fault("suppliers", "the table beside this file names suppliers, so there are some")
        return (), reason
    if isinstance(node, Items) and not node.items:
        top.fault("suppliers", "an empty list: write {none: reason} where nobody must answer")
    found: dict[str, Supplier] = {}
    for fields in (*top.each("suppliers"), *rows):
        supplier = _supplier(fields)
        if supplier.id and supplier.id.lower() in found:
            fields.fault("id", "this name stands twice; names differ by more than capitals")
        found[supplier.id.lower()] = supplier
    return tuple(found.values()), ""


def _supplier(fields: Fields) -> Supplier:
    ident = read_id(fields, "id", "a supplier needs a name")
    role = fields.choice("role", Role, "one of " + ", ".join(Role)) or Role.DEVELOPER
    exempt = fields.text("exempt")
    covers = Coverage(
        frozenset(fields.names("contracts", "the contracts it serves")),
        frozenset(fields.names("systems")),
        tuple(_subjects(fields, "delivers")),
    )
    lines = fields.names("keys")
    keys = [key for line in lines if (key := _read_line(fields, "keys", line)) is not None]
    supplies_from, none_reason = _own_suppliers(fields)
    supplier = Supplier(
        ident,
        fields.text("name") or ident,
        role,
        covers,
        tuple(keys),
        fields.instant("due"),
        supplies_from,
        none_reason,
        exempt,
        fields.flag("may_vouch"),
        fields.text("contact"),
    )
    fields.done()
    return supplier


def _read_line(fields: Fields, key: str, line: str) -> PinnedKey | None:
    try:
        return read_key(line) if line else None
    except ValueError as error:
        node = next((scalar for scalar in fields.scalars(key) if scalar.text == line), None)
        fields.fault(key, str(error), node)
        return None


def _subjects(fields: Fields, key: str) -> Iterator[Subject]:
    for row in fields.each(key):
        yield read_subject(row)


def read_subject(fields: Fields) -> Subject:
    """Read the name and the digest of something delivered."""
    subject = Subject(
        fields.text("name", "what was delivered"), read_digest(fields, "digest", "the digest of what was delivered")
    )
    fields.done()
    return subject


def _own_suppliers(fields: Fields) -> tuple[tuple[str, ...], str]:
    """Read which suppliers of a supplier we know of ourselves, or that it has none, and why we say so."""
    node = fields.take("suppliers")
    if isinstance(node, Mapping):
        inner = fields.inner("suppliers")
        reason = "" if inner is None else inner.text("none", "the reason why it has none")
        if inner is not None:
            inner.done()
        return (), reason
    names = fields.scalars("suppliers")
    for scalar in names:
        if fault := id_fault(scalar.text):
            fields.fault("suppliers", fault, scalar)
    return tuple(scalar.text for scalar in names), ""

"""An answer as a supplier fills it in: the file of the request, read back with every fault at once."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from remit.attest.suppliers.register import (
    DEFAULT_VALIDITY,
    DIGEST,
    read_digest,
    read_id,
    read_order,
    read_subject,
    read_target,
)
from remit.attest.suppliers.request import FORM
from remit.attest.suppliers.statement import (
    Claim,
    Coverage,
    Edge,
    Exclusion,
    Removal,
    Statement,
    Summary,
    Surface,
    Target,
)
from remit.attest.suppliers.status import Status
from remit.errors import TermsUnusable
from remit.terms.document import Mapping, read_document
from remit.terms.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_ANSWER = 1024 * 1024
UNKNOWN = "unknown"
UNUSABLE = "The answer is not usable; nothing was taken in."
_COUNT = re.compile(r"[0-9]{1,12}")


def digest_of(content: bytes) -> str:
    """Name bytes by their SHA-256."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def read_answer(path: str, content: bytes) -> Statement:
    """Read an answer; raise `TermsUnusable` with every fault at once."""
    document = read_document(path, content)
    if document.root is None:
        raise TermsUnusable(document.faults, UNUSABLE)
    top = Fields.of(document, document.root)
    form = top.text("form", f"the form of the file, {FORM}")
    if form and form != FORM:
        top.fault("form", f"expected {FORM}; this is another kind of file")
    request = top.inner("request", "what was asked; it stays as it was sent")
    answer = top.inner("answer", "what you answer")
    found = None if request is None or answer is None else _statement(request, answer, digest_of(content))
    top.done()
    if document.faults or found is None:
        raise TermsUnusable(document.faults, UNUSABLE)
    return found


def _statement(request: Fields, answer: Fields, digest: str) -> Statement | None:
    supplier = read_id(request, "supplier", "who was asked")
    asked_by = request.ident("by", "who asked")
    nonce = request.ident("nonce", "the nonce of the request")
    order = read_order(request.inner("order", "the order that was asked about"))
    target = _target(request)
    for key in ("by_name", "round", "asked", "due", "return_to", "role", "contracts", "systems", "grade"):
        request.take(key)
    for key in ("surfaces", "keys"):
        request.take(key)
    request.done()
    claim = answer.choice("status", Claim, "one of " + ", ".join(Claim))
    made = answer.instant("made", "the day on which this is so")
    covers = Coverage(
        frozenset(answer.names("contracts", "the contracts it is about")),
        frozenset(answer.names("systems")),
        tuple(map(read_subject, answer.each("delivered"))),
    )
    surfaces = tuple(_surfaces(answer))
    excluded = tuple(_exclusions(answer))
    removed = tuple(_removals(answer))
    edges, none_reason, summary = _own_suppliers(answer)
    affirmed_by = _affirmation(answer)
    supersedes = frozenset(_digests(answer, "supersedes"))
    valid_until = answer.instant("valid_until")
    answer.done()
    if claim is Claim.REMOVED and not removed:
        answer.missing("removed", "what was removed, and on which day")
    if made is not None and valid_until is not None and valid_until <= made:
        answer.fault("valid_until", "not after made; it would never count")
    if order is None or target is None or claim is None or made is None:
        return None
    return Statement(
        digest,
        supplier,
        asked_by,
        nonce,
        order,
        target,
        claim,
        covers,
        made,
        made,
        valid_until or made + DEFAULT_VALIDITY,
        surfaces,
        excluded,
        removed,
        edges,
        none_reason,
        summary,
        supersedes,
        affirmed_by,
    )


def _target(request: Fields) -> Target | None:
    fields = request.inner("target", "whose models were asked about")
    if fields is None:
        return None
    target = read_target(fields)
    fields.done()
    return target


def _surfaces(answer: Fields) -> Iterator[Surface]:
    for fields in answer.each("surfaces", "where you looked"):
        name = fields.text("name", "which place")
        seen = _count(fields, "seen", "how many things you looked at there; 0 if none")
        unread = _count(fields, "unread", "how many more there are that you did not look at; unknown if nobody can say")
        why = fields.text("why") if _is_filled(fields, "why") else ""
        if seen is None and fields.text("seen") == UNKNOWN:
            fields.fault("seen", "expected a number: you know what you looked at")
        if unread != 0 and not why and fields.text("unread"):
            fields.missing("why", "why it was not looked at, or not all of it")
        fields.done()
        yield Surface(name, seen or 0, unread, why)


def _count(fields: Fields, key: str, missing: str) -> int | None:
    """Read a number, with quotation marks or without; nothing for one that is said to be unknown."""
    text = fields.text(key, missing).strip()
    if text in {"", UNKNOWN}:
        return None
    if _COUNT.fullmatch(text):
        return int(text)
    fields.fault(key, "expected a whole number, or unknown")
    return None


def _is_filled(fields: Fields, key: str) -> bool:
    """Tell whether somebody wrote something between the quotation marks of a question that may be left."""
    node = fields.take(key)
    return node is not None and getattr(node, "text", "x") != ""


def _exclusions(answer: Fields) -> Iterator[Exclusion]:
    for fields in answer.each("excluded"):
        see = read_id(fields, "see") if _is_filled(fields, "see") else ""
        yield Exclusion(fields.text("what", "what was left out"), fields.text("why", "why it was left out"), see)
        fields.done()


def _removals(answer: Fields) -> Iterator[Removal]:
    for fields in answer.each("removed"):
        replaced_by = fields.text("replaced_by") if _is_filled(fields, "replaced_by") else ""
        yield Removal(
            fields.text("what", "what was removed"), fields.instant("on", "the day it was removed"), replaced_by
        )
        fields.done()


def _own_suppliers(answer: Fields) -> tuple[tuple[Edge, ...], str, Summary | None]:
    """Read the suppliers of the supplier: a list, its own count of them, or why there is none."""
    node = answer.take("suppliers", "your own suppliers for this, or {none: why there is none}")
    if not isinstance(node, Mapping):
        return tuple(_edges(answer, node is not None)), "", None
    fields = answer.inner("suppliers")
    if fields is None:
        return (), "", None
    counted = fields.inner("rolled_up")
    summary = None if counted is None else _summary(counted)
    none_reason = "" if counted is not None else fields.text("none", "the reason why you have none")
    fields.done()
    return (), none_reason, summary


def _edges(answer: Fields, is_list: bool) -> Iterator[Edge]:  # noqa: FBT001  # what the caller has seen of the node
    seen: set[str] = set()
    for fields in answer.each("suppliers", "your suppliers, or {none: why there is none}" if is_list else ""):
        ident = read_id(fields, "id", "the name of your supplier")
        sealed = fields.flag("sealed")
        edge = Edge(
            ident,
            read_digest(fields, "statement", "the digest of the statement that is sealed" if sealed else ""),
            sealed,
            fields.text("missing"),
            fields.ident("nonce"),
            tuple(_key_idents(fields)),
        )
        if edge.missing and edge.statement:
            fields.fault("missing", "a statement is named too; one of them is not so")
        if ident and ident in seen:
            fields.fault("id", "this name stands twice")
        seen.add(ident)
        fields.done()
        yield edge


def _key_idents(fields: Fields) -> Iterator[str]:
    from remit.attest.suppliers.keys import read_key  # noqa: PLC0415  # few answers name keys

    for scalar in fields.scalars("keys"):
        try:
            yield read_key(scalar.text).ident
        except ValueError as error:
            fields.fault("keys", str(error), scalar)


def _summary(fields: Fields) -> Summary | None:
    required = fields.count("required", "how many have to answer", least=1)
    answered = fields.count("answered", "how many have answered")
    worst = fields.choice("worst", Status, "the worst status among them")
    fields.done()
    if answered > required:
        fields.fault("answered", "more than have to answer")
    return None if worst is None else Summary(required, answered, worst)


def _affirmation(answer: Fields) -> str:
    fields = answer.inner("affirmed_by", "who affirms this")
    if fields is None:
        return ""
    name, role = fields.text("name", "the name of who affirms this"), fields.text("role", "in which role")
    fields.done()
    return f"{name}, {role}"


def _digests(answer: Fields, key: str) -> Iterator[str]:
    for scalar in answer.scalars(key):
        if DIGEST.fullmatch(scalar.text):
            yield scalar.text
        else:
            answer.fault(key, "not a digest: sha256: and 64 hexadecimal digits", scalar)

"""Terms written down and read, so that a test can say what a file holds and look at what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from remit.terms.action import Action
from remit.terms.folder import Files, read_terms
from remit.terms.judge import decide
from remit.terms.use import Fact, Use

if TYPE_CHECKING:
    from remit.terms.decision import Decision
    from remit.terms.terms import Terms

Document = dict[str, Any]

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACTIONS = [action.value for action in Action]


@dataclass(frozen=True)
class Folder:
    """A register and instruments, as documents that are not written yet."""

    register: Document
    instruments: tuple[Document, ...] = ()

    def with_instruments(self, *more: Document) -> Folder:
        return replace(self, instruments=(*self.instruments, *more))

    def with_register(self, **more: Any) -> Folder:
        return replace(self, register={**self.register, **more})

    def files(self) -> Files:
        names = (f"instruments/{number:03}.yaml" for number in range(len(self.instruments)))
        written = {name: write_yaml(item).encode() for name, item in zip(names, self.instruments, strict=True)}
        return Files(write_yaml(self.register).encode(), written, {})

    def read(self) -> Terms:
        return read_terms(self.files())


def write_yaml(value: object) -> str:
    """Write a value in flow style, its texts in quotation marks."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {write_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write_yaml(item) for item in value) + "]"
    return json.dumps(value) if isinstance(value, (str, bool)) else str(value)


SCENE = Folder(
    {
        "organisation": "quayside",
        "parties": [{"id": name} for name in ("halden", "orrin", "ministry", "board", "quayside", "brook")],
        "roles": ["officer", "commander"],
        "makers": [{"id": "halden", "domicile": "DE"}, {"id": "orrin", "domicile": "FR"}],
        "models": [{"id": name, "maker": "halden"} for name in ("heron-1", "heron-2")],
        "attributes": [{"id": "drill", "type": "flag"}],
        "names": {"use.purpose": ["answer", "search"]},
    }
)
"""A register for terms written by hand."""

IN_FORCE: Document = {"state": "in-force", "from": "2026-01-01", "known": "2026-01-01"}


def instrument(ident: str, kind: str, *clauses: Document, **more: Any) -> Document:
    """Write an instrument that is in force from the start of 2026, as the party that issues such ones does."""
    by = {"order": "ministry", "waiver": "ministry", "authorisation": "ministry", "statement": "ministry"}
    ends = {"until": "2027-01-01"} if kind in {"grant", "waiver", "authorisation"} else {}
    receives = {"to": "quayside"} if kind in {"grant", "waiver"} else {}
    return {
        "instrument": ident,
        "kind": kind,
        "by": by.get(kind, "halden"),
        "standing": [{**IN_FORCE, **ends, **({"state": "asserted"} if kind == "statement" else {})}],
        "clauses": list(clauses),
        **receives,
        **more,
    }


def clause(ident: str, verb: str, when: Document | None = None, **more: Any) -> Document:
    """Write a clause about every action; a hold waits for one officer."""
    if verb == "hold":
        more = {"until": {"approvals": {"of": "officer"}, "expires_in": "10m"}, **more}
    return {"id": ident, verb: ACTIONS, **({"when": when} if when is not None else {}), **more}


def lifting(ident: str, *names: str, when: Document | None = None) -> Document:
    """Write a waiver's clause."""
    return {"id": ident, "lift": list(names), **({"when": when} if when is not None else {})}


PERMISSIVE = instrument("permissive", "policy", clause("all", "permit"), by="orrin")
"""Under this everything may be done that nothing else restricts."""


def use(action: Action = Action.INVOKE, /, **facts: Any) -> Use:
    """Make a use; `model__id="heron-1"` stands for `model.id`, and its facts are declared unless they are facts."""
    named = {name.replace("__", "."): fact for name, fact in facts.items()}
    return Use(action, {name: fact if isinstance(fact, Fact) else Fact(fact) for name, fact in named.items()})


def judged(folder: Folder, asked: Use, at: datetime = AT, known: datetime | None = None) -> Decision:
    """Read terms and judge one use by them."""
    return decide(folder.read(), asked, at=at, known=known)


def cited(decision: Decision) -> list[str]:
    """Name the clauses that decided."""
    return [reason.rule.reference for reason in decision.because]

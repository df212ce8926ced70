"""Seeded checks: made-up calls that must be refused, so that it is known how well people look.

1. Before any is shown, the log has a commitment to all of a batch: a digest over their digests and a secret.
2. They wait like every other call, and nothing that a reviewer sees tells them apart. What does is sealed under the key
   of the log's epoch.
3. Nobody asked for them, so nothing can ever be released: no client has the session they are of.
4. When one was answered it is opened: the log says which it was, and what it shows of whoever answered.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.canonical import canonical, digest
from remit.errors import EvidenceRefused
from remit.gateway.oversight.attention import Record
from remit.gateway.oversight.held import State
from remit.gateway.oversight.vote import REFUSED
from remit.gateway.oversight.waiting import ATTENTION, read_held
from remit.ledger.commitment import write_fields
from remit.ledger.entry import make_draft
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.sidecar import Sealer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.oversight.held import HeldCall
    from remit.ledger.entry import Draft
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk, Writer

SEEDED = "seeded/"
_SECRET_SIZE = 16


@dataclass(frozen=True, slots=True)
class Opened:
    """A seeded check that was opened: its short name, who answered first, and whether they refused it."""

    call: str
    person: str
    caught: bool


def new_session() -> str:
    """Return a session that looks like any other and that no client has."""
    return secrets.token_hex(_SECRET_SIZE)


def commit_batch(calls: Sequence[str], keyring: Keyring) -> tuple[dict[str, bytes], Draft]:
    """Return the rows that keep a batch sealed, and the entry that commits to it before any of it is shown (1)."""
    secret = secrets.token_hex(_SECRET_SIZE)
    batch = digest({"calls": sorted(calls), "secret": secret})
    epoch = keyring.current()
    content = write_fields({"batch": batch, "calls": sorted(calls), "secret": secret})
    sealed = base64.b64encode(Sealer(epoch).seal(0, content)).decode()
    rows = {
        SEEDED + batch.removeprefix("sha256:"): canonical({"ep": epoch.number, "left": len(calls), "sealed": sealed})
    }
    return rows, make_draft(Kind.MESSAGE, LOG_STREAM, {"digest": batch, "type": "seeded"})


def open_answered(writer: Writer, store: Store, keyring: Keyring) -> list[Opened]:
    """Open every seeded check that has ended, and write down what it shows of whoever answered (4)."""
    opened: list[Opened] = []
    for name, content in list(store.rows(SEEDED)):
        record = json.loads(content)
        epoch = keyring.find(record["ep"])
        if epoch is None:
            # Its key was destroyed: what is sealed stays so, and shows nothing of anybody.
            continue
        batch = Sealer(epoch).unseal(0, base64.b64decode(record["sealed"]))
        writer.commit(settle=lambda desk, name=name, batch=batch: _open(desk, name, batch, opened))  # type: ignore[misc]
    return opened


def _open(desk: Desk, name: str, batch: dict[str, object], opened: list[Opened]) -> list[Draft]:
    record = json.loads(desk.row(name) or b"{}")
    done = set(record.get("done", ()))
    drafts: list[Draft] = []
    calls = batch["calls"]
    if not record or not isinstance(calls, list):
        raise EvidenceRefused("seeded-form", f"the batch {name} is not one")
    for call in calls:
        content = None if call in done else desk.row("hold/" + str(call).removeprefix("sha256:"))
        held = None if content is None else read_held(content)
        if held is None or held.state is State.OPEN:
            continue
        done.add(call)
        drafts.append(_tell(desk, held, batch, opened))
    if drafts:
        rest = {**record, "done": sorted(done)}
        desk.put(name, canonical(rest) if len(done) < len(calls) else None)
    return drafts


def _tell(desk: Desk, held: HeldCall, batch: dict[str, object], opened: list[Opened]) -> Draft:
    """Count a check for each who answered it, and write its opening."""
    for answer in held.answers:
        content = desk.row(ATTENTION + answer.person)
        record = Record(answer.person) if content is None else Record.from_record(json.loads(content))
        caught = answer.answer == REFUSED
        desk.put(ATTENTION + answer.person, canonical(record.with_check(caught=caught).record()))
        opened.append(Opened(held.id, answer.person, caught))
    hidden = {**batch, "call": held.call.digest, "of": held.of, "state": held.state.value}
    return make_draft(Kind.MESSAGE, LOG_STREAM, {"digest": str(batch["batch"]), "type": "seeded-opened"}, hidden)

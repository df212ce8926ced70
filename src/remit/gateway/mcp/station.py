"""The state of a gateway as a process uses it that judges tool calls and serves nothing.

1. It writes the same log as a running gateway, and as every other process of this kind.
2. The terms are those that are active there. Where a folder is named they are read from it, put in force, and followed.
3. Keys and switches are looked at twice a second, held calls as often as somebody waits.
4. A call that waited for people in a process that died has nobody left to carry it out; the next start says so.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.errors import RemitError
from remit.gateway.activation import activate, active_terms, fingerprint, keep_terms
from remit.gateway.body import BOUNDS, Bounds
from remit.gateway.credential import ROWS as KEYS
from remit.gateway.gate import Gate
from remit.gateway.ground import KILLS, make_rulebook, read_switches
from remit.gateway.oversight.waiting import HELD, move_call, read_held
from remit.gateway.oversight.watch import Watch
from remit.gateway.people.census import Census
from remit.gateway.people.headcount import Headcount
from remit.gateway.people.key import KeyFiles
from remit.gateway.recovery import Pulse, is_alive, write_off
from remit.gateway.state import KEPT, LEDGER, PEOPLE, RUNNING
from remit.ledger.folder import read_folder
from remit.ledger.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime
    from pathlib import Path

    from remit.gateway.credential import Credential
    from remit.ledger.store import Store
    from remit.terms.terms import Terms

_SESSION = "stdio-"
_LOOK_EVERY, _FOLDER_EVERY = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the state is, and what else comes from outside."""

    state: Path
    clock: Callable[[], datetime]
    tick: Callable[[], float]
    notes: Callable[[str], None]
    terms: Path | None = None
    """The folder of the terms; those that are active count where none is named."""
    bounds: Bounds = BOUNDS


class Station:
    """What one such process knows and keeps fresh."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._log = read_folder(place.state / LEDGER)
        self._store: Store = self._log.open_store()
        self._kept = place.state / KEPT
        self._seen = () if place.terms is None else fingerprint(place.terms)
        terms = active_terms(self._store, self._kept) if place.terms is None else keep_terms(place.terms, self._kept)
        self.writer = Writer(self._log.open_store, self._log.keyring, place.clock)
        if place.terms is not None:
            activate(self.writer, terms, place.clock())  # (2)
        self._pulse = Pulse(place.state / RUNNING)
        self.gate = Gate(make_rulebook(terms), place.clock, place.tick, self._pulse.owner, place.bounds)
        self.gate.notes = place.notes
        self.heed: Callable[[], None] = lambda: None
        """Has every call look whether it was stopped."""
        self._read_switches(self._store)
        self.holds = self.gate.holds = Watch(self._log.open_store, self.writer, self._log.keyring, place.clock)
        self.holds.notes = place.notes
        self.gate.people = Headcount(Census(KeyFiles(place.state / PEOPLE)))
        self._leave_dead()
        if lost := write_off(self._store, self.writer, place.state / RUNNING):
            place.notes(f"{lost} calls of a process that died were written off as lost")

    def work(self) -> list[Coroutine[None, None, None]]:
        """Return what must run for as long as calls are judged (3)."""
        return [
            self.holds.run(),
            self._look(),
            *([] if self._place.terms is None else [self._follow(self._place.terms)]),
        ]

    @property
    def session(self) -> str:
        """Return what the calls of this process have in common, and no others."""
        return _SESSION + self._pulse.owner

    def _leave_dead(self) -> None:
        """Note of calls that wait in processes which are dead that nobody waits (4)."""
        at = self._place.clock()
        for _, content in list(self._store.rows(HELD)):
            held = read_held(content)
            named = held.call.session.startswith(_SESSION) and held.state.live and held.left is None
            if named and not is_alive(self._place.state / RUNNING, held.call.session.removeprefix(_SESSION)):
                with suppress(RemitError):
                    self.writer.commit(settle=move_call(held.call.digest, lambda call: call.left_at(at), at))

    def find_key(self, token: str) -> Credential:
        """Return what a key is bound to; raise where it does not count (any more)."""
        return self.gate.switches.keyring.find(((b"authorization", b"Bearer " + token.encode()),), self.gate.now())

    async def refresh(self) -> None:
        """Take the terms that somebody else has put in force."""
        await asyncio.to_thread(self._take_active)

    def close(self) -> None:
        """Write what has gathered, and let go of everything."""
        self.holds.close()
        self.writer.close()
        self._store.close()
        self._pulse.stop()

    def _take_active(self) -> None:
        store = self._log.open_store()
        try:
            self._take(active_terms(store, self._kept))
        finally:
            store.close()

    def _take(self, terms: Terms) -> None:
        if terms.digest != self.gate.book.terms.digest:
            self.gate.book = make_rulebook(terms)

    async def _look(self) -> None:
        store = await asyncio.to_thread(self._log.open_store)
        try:
            while True:
                await asyncio.sleep(_LOOK_EVERY)
                try:
                    await asyncio.to_thread(self._read_switches, store)
                    self.heed()
                except RemitError as error:
                    self.gate.notes(f"keys and switches could not be read: {error}")
        finally:
            store.close()

    def _read_switches(self, store: Store) -> None:
        self.gate.switches = read_switches([*store.rows(KEYS), *store.rows(KILLS)])

    async def _follow(self, folder: Path) -> None:
        while True:
            await asyncio.sleep(_FOLDER_EVERY)
            await asyncio.to_thread(self._take_up, folder)

    def _take_up(self, folder: Path) -> None:
        """Take up the terms of the folder where they changed; with a fault nothing changes, and it is told."""
        found = fingerprint(folder)
        if found == self._seen:
            return
        self._seen = found
        try:
            terms = keep_terms(folder, self._kept)
            activate(self.writer, terms, self._place.clock())
            self._take(terms)
        except (RemitError, OSError) as error:
            self.gate.notes(f"the terms were not reloaded: {error}")

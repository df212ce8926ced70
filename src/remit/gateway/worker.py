"""One process that serves: its writer, its client, its view of terms and switches, and what keeps them fresh."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from remit.errors import RemitError
from remit.gateway.activation import activate, fingerprint, keep_terms, read_active
from remit.gateway.alarm import Alarm
from remit.gateway.beat import EVERY, Heart
from remit.gateway.body import BOUNDS, Bounds
from remit.gateway.credential import ROWS as KEYS
from remit.gateway.detectors.desk import SignalDesk
from remit.gateway.dispatch import Dispatch, read_address
from remit.gateway.gate import Gate
from remit.gateway.ground import KILLS, Switches, make_rulebook, read_switches
from remit.gateway.inside import Inside
from remit.gateway.journal import Journal
from remit.gateway.metrics import Metrics, may_read
from remit.gateway.observer import ObservedWriter
from remit.gateway.oversight.breakglass import openings
from remit.gateway.oversight.watch import Watch
from remit.gateway.people.census import Census
from remit.gateway.people.headcount import Headcount
from remit.gateway.people.key import KeyFiles
from remit.gateway.recovery import Pulse, forget_conversations, write_off
from remit.gateway.server import GatewayServer
from remit.gateway.spans import make_spans
from remit.gateway.state import KEPT, LEDGER, PEOPLE, RUNNING
from remit.gateway.upstream.client import Timeouts
from remit.gateway.upstream.pool import PooledClient
from remit.ledger.folder import read_folder

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    import uvicorn

    from remit.gateway.activation import Fingerprint
    from remit.gateway.oversight.breakglass import Opening
    from remit.gateway.server import Pages
    from remit.gateway.tls import Tls
    from remit.ledger.store import Store
    from remit.terms.terms import Terms


_LOOK_EVERY = 0.5
_BACKLOG = 2048
_FOLDER_EVERY = 2
_GARBAGE = 20_000, 20, 50
"""New objects before garbage is looked for: a call makes hundreds, and next to nothing of it goes in circles."""
_FORGET_EVERY = 3600.0


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything a worker is told from outside."""

    terms: Path
    state: Path
    clock: Callable[[], datetime]
    tick: Callable[[], float]
    keys: Mapping[str, str]
    """The environment, of which only the variables that the register names are read."""
    tls: Tls | None = None
    bounds: Bounds = BOUNDS
    timeouts: Timeouts = field(default_factory=Timeouts)
    grace: int = 30
    """Seconds that calls under way have when the worker is told to stop."""
    publish_every: float = 60.0
    beat_every: int = EVERY
    """Seconds between two beats in the log; none with 0."""
    pages: Callable[[Inside], Pages] | None = None
    """Makes the pages that are served beside the gateway."""
    journal: bool = False
    """Whether everything is told as lines of JSON on stderr."""


class Worker:
    """Serves on one socket until it is told to stop."""

    def __init__(self, setting: Setting, *, first: bool = True) -> None:
        self._setting = setting
        self._log = read_folder(setting.state / LEDGER)
        self._store: Store = self._log.open_store()
        self._metrics = Metrics()
        self._spans = make_spans(setting.keys, setting.clock)
        journal = Journal(setting.clock) if setting.journal else None
        alarm = Alarm(setting.tick, note if journal is None else journal.note)
        observers = [each for each in (self._metrics, self._spans, journal, alarm) if each is not None]
        open_store = partial(self._log.open_store, setting.bounds.ledger)
        self._writer = ObservedWriter(open_store, self._log.keyring, setting.clock, observers)
        self._pulse = Pulse(setting.state / RUNNING)
        self._kept = setting.state / KEPT
        self._seen: Fingerprint = fingerprint(setting.terms)
        self._first = first
        terms = keep_terms(setting.terms, self._kept)
        self._check(terms)
        self._terms, self._openings = terms, self._open_now(self._store)
        active = activate(self._writer, terms, setting.clock(), self._openings)
        self.gate = Gate(make_rulebook(active), setting.clock, setting.tick, self._pulse.owner, setting.bounds)
        self.gate.notes = note if journal is None else journal.note
        self.gate.switches = self._read_switches(self._store)
        self.gate.holds = Watch(self._log.open_store, self._writer, self._log.keyring, setting.clock)
        self.gate.holds.notes = note
        self.gate.holds.begin()
        lost = write_off(self._store, self._writer, setting.state / RUNNING)
        forget_conversations(self._store, self._writer, int(setting.clock().timestamp()))
        self._people = self.gate.people = Headcount(Census(KeyFiles(setting.state / PEOPLE)))
        self._people.forget(self._store, self._writer, setting.clock())
        if lost:
            note(f"{lost} calls of a worker that died were written off as lost")
        self._client = PooledClient()
        dispatch = Dispatch(self._client, setting.keys, setting.timeouts, setting.clock)
        self.server = GatewayServer(self.gate, self._writer, dispatch, self._refresh)
        self.server.counts = self._counts
        self.server.ready = alarm.why
        self._signals = self.gate.detectors = SignalDesk(self.gate, self._writer, self.server, setting.keys)
        if setting.pages is not None:
            self.server.pages = setting.pages(Inside(self.gate, self._writer, self._log))
        self._reload = asyncio.Event()
        self._uvicorn: uvicorn.Server | None = None

    async def serve(self, sock: socket.socket, begun: Callable[[], None] = lambda: None) -> None:
        """Serve until a signal says to stop; calls under way then have their grace."""
        import uvicorn  # noqa: PLC0415 - an extra, needed only by one who serves.

        from remit.gateway.ending import EndingServer  # noqa: PLC0415 - as above.
        from remit.gateway.protocol import BoundedProtocol  # noqa: PLC0415 - as above.

        server = self._uvicorn = EndingServer(uvicorn.Config(self.server, http=BoundedProtocol, **self._options()))
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)
        working = self.server.watch(), self._look(), self._follow(), self._signals.run()
        tasks = [loop.create_task(work) for work in working]
        if self.gate.holds is not None:
            tasks.append(loop.create_task(self.gate.holds.run()))
        if self._first and self._setting.publish_every > 0:
            tasks.append(loop.create_task(self._publish()))
        if self._first:
            tasks.append(loop.create_task(self._forget_people()))
        heart = self._heart()
        if heart is not None:
            await heart.begin()
            tasks.append(loop.create_task(heart.run()))
        # Terms and catalogue are many objects that stay: to look for garbage among them again and again costs a tenth.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        gc.enable()
        # Whoever is told that we begin may connect at once, and waits in the backlog.
        sock.listen(_BACKLOG)
        self._writer.bind(partial(self._log.open_store, 0.0))
        try:
            # And whoever tells us to stop from then on is heard.
            with server.capture_signals():
                begun()
                await server.serve(sockets=[sock])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._client.aclose()
            await self._writer.unbind()
        if heart is not None:
            await asyncio.to_thread(heart.stop)

    def stop(self) -> None:
        """Stop serving; calls under way have their grace."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True

    def close(self) -> None:
        """Write what has gathered, and let go of everything."""
        if self.gate.holds is not None:
            self.gate.holds.close()
        self._writer.close()
        if self._spans is not None:
            self._spans.close()
        self._store.close()
        self._pulse.stop()

    def _heart(self) -> Heart | None:
        """Return what beats for this gateway, where it is for this worker to do."""
        every = self._setting.beat_every if self._first else 0
        return Heart(self._writer, self._log.site, self.gate.notes, every) if every > 0 else None

    def _counts(self, client: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
        return self._metrics.write() if may_read(client, headers, self._setting.keys) else None

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {
            "loop": "none",
            "ws": "none",
            "lifespan": "off",
            "interface": "asgi3",
            "log_config": None,
            # A reply that is cut on purpose is an error to uvicorn, and what is one to us is noted by us.
            "log_level": "critical",
            "access_log": False,
            "proxy_headers": False,
            "server_header": False,
            "date_header": False,
            "timeout_keep_alive": 75,
            "timeout_graceful_shutdown": self._setting.grace,
            "backlog": _BACKLOG,
        }
        if tls := self._setting.tls:
            from remit.gateway.tls import make_server_context  # noqa: PLC0415 - not needed without it.

            context = make_server_context(tls)
            options["ssl_context_factory"] = lambda *_: context
        return options

    async def _look(self) -> None:
        """Look for keys and switches that changed (from memory each call, from the store twice a second)."""
        store = await asyncio.to_thread(self._log.open_store)
        try:
            while True:
                await asyncio.sleep(_LOOK_EVERY)
                try:
                    self.gate.switches = await asyncio.to_thread(self._read_switches, store)
                    self.server.heed()
                    await asyncio.to_thread(self._heed_emergencies, store)
                except RemitError as error:
                    note(f"keys and switches could not be read: {error}")
        finally:
            store.close()

    async def _follow(self) -> None:
        """Follow the folder of the terms: on a signal, and when a file changes."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FOLDER_EVERY):
                    await self._reload.wait()
            asked = self._reload.is_set()
            self._reload.clear()
            found = await asyncio.to_thread(fingerprint, self._setting.terms)
            if asked or found != self._seen:
                self._seen = found
                await asyncio.to_thread(self._take_up)

    def _take_up(self) -> None:
        """Take up the terms of the folder; with a fault nothing changes, and it is told."""
        try:
            terms = keep_terms(self._setting.terms, self._kept)
            if terms.digest != self._terms.digest:
                self._check(terms)
                self._terms = terms
                self.gate.book = make_rulebook(activate(self._writer, terms, self._setting.clock(), self._openings))
                note(f"terms {terms.digest} are in force")
        except (RemitError, OSError) as error:
            note(f"the terms were not reloaded, and {self.gate.book.terms.digest} stay in force: {error}")

    def _open_now(self, store: Store) -> tuple[Opening, ...]:
        at = self._setting.clock()
        return tuple(opening for opening in openings(store) if opening.is_open(at))

    def _heed_emergencies(self, store: Store) -> None:
        """Judge with the emergency grants of the moment, from when the glass is broken until it closes."""
        found = self._open_now(store)
        if found == self._openings:
            return
        self._openings = found
        active = activate(self._writer, self._terms, self._setting.clock(), found)
        self.gate.book = make_rulebook(active)
        who = ", ".join(f"{o.statement.person} for {o.statement.use_case} until {o.ends.isoformat()}" for o in found)
        note(f"THE GLASS IS BROKEN: {who}" if found else "no emergency is open any more")

    async def _refresh(self) -> None:
        """Take the terms that another worker has put in force."""
        await asyncio.to_thread(self._take_active)

    def _take_active(self) -> None:
        store = self._log.open_store()
        try:
            self._terms, terms = read_active(store, self._kept)
        finally:
            store.close()
        if terms.digest != self.gate.book.terms.digest:
            self.gate.book = make_rulebook(terms)

    async def _forget_people(self) -> None:
        """Destroy the keys whose days are over, and what was hashed with them; looked at every hour."""
        while True:
            await asyncio.sleep(_FORGET_EVERY)
            try:
                await asyncio.to_thread(self._forget_once)
            except RemitError as error:
                note(f"what was counted of people could not be taken away: {error}")

    def _forget_once(self) -> None:
        store = self._log.open_store()
        try:
            self._people.forget(store, self._writer, self._setting.clock())
        finally:
            store.close()

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(self._setting.publish_every)
            await asyncio.to_thread(self._publish_once)

    def _publish_once(self) -> None:
        try:
            store = self._log.open_store()
            try:
                publication = self._log.publisher(store).publish(self._log.witnesses())
            finally:
                store.close()
        except RemitError as error:
            note(f"the log was not published: {error}")
            return
        for name, says in publication.silent.items():
            note(f"not cosigned by {name}: {says}")

    @staticmethod
    def _read_switches(store: Store) -> Switches:
        return read_switches([*store.rows(KEYS), *store.rows(KILLS)])

    @staticmethod
    def _check(terms: Terms) -> None:
        for upstream in terms.register.upstreams:
            read_address(upstream)


def note(text: str) -> None:
    """Tell the operator, without contents and without keys."""
    sys.stderr.write(f"remit: {text}\n")
    sys.stderr.flush()

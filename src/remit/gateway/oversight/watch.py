"""Looks at held calls for those who wait: what people answered, in whatever process, and what time has done to them.

1. One look serves everybody who waits in this worker; it is taken often while somebody waits, and seldom otherwise.
2. Time is let pass for every call, waited for or not, and seeded checks that were answered are opened.
3. When a worker begins, nobody waits in it yet: whoever does not ask again soon has gone, and their calls are void.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from remit.errors import RemitError
from remit.gateway.oversight.seeded import SEEDED, open_answered
from remit.gateway.oversight.waiting import HELD, KEPT, move_call, pass_time, read_held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from remit.gateway.oversight.held import HeldCall, State
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store
    from remit.ledger.writer import Writer

_OFTEN, _SELDOM = 0.2, 1.0


class Watch:
    """What one worker sees of held calls."""

    def __init__(
        self, open_store: Callable[[], Store], writer: Writer, keyring: Keyring, now: Callable[[], datetime]
    ) -> None:
        self._open = open_store
        self._store: Store | None = None
        self._writer = writer
        self._keyring = keyring
        self._now = now
        self._seen: dict[str, bytes] = {}
        self._held: dict[str, HeldCall] = {}
        self._waiters: Counter[str] = Counter()
        self._changed = asyncio.Event()
        self._poked = asyncio.Event()
        self.notes: Callable[[str], None] = lambda _: None

    def waited_for(self, digest: str) -> bool:
        """Tell whether anybody else waits for a call here."""
        return self._waiters[digest] > 0

    def state_of(self, digest: str) -> State | None:
        """Return where a call stood when it was last looked at."""
        held = self._held.get(digest)
        return None if held is None else held.state

    async def wait(self, known: Mapping[str, State], seconds: float) -> dict[str, HeldCall]:
        """Wait until one of some calls stands otherwise than known, or for so long; return how they stand."""
        self._waiters.update(list(known))
        self._poked.set()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._until_changed(known), seconds)
        finally:
            self._waiters.subtract(list(known))
            self._waiters += Counter()
        return {digest: self._held[digest] for digest in known if digest in self._held}

    async def _until_changed(self, known: Mapping[str, State]) -> None:
        while all(self.state_of(digest) in {None, state} for digest, state in known.items()):
            await self._changed.wait()

    async def names(self, prefix: str) -> list[str]:
        """Return the names of the rows that begin so, as they stand now."""
        return await asyncio.to_thread(self._names, prefix)

    def _names(self, prefix: str) -> list[str]:
        store = self._open()
        try:
            return [name for name, _ in store.rows(prefix)]
        finally:
            store.close()

    async def run(self) -> None:
        """Look, for as long as the worker lives."""
        while True:
            self._poked.clear()
            try:
                found = await asyncio.to_thread(self.look)
            except RemitError as error:
                self.close()
                self.notes(f"held calls could not be looked at: {error}")
            else:
                self._take(found)
            if self._waiters:
                await asyncio.sleep(_OFTEN)
                continue
            with suppress(TimeoutError):
                # One who begins to wait is looked after at once, and then at the pace of all.
                await asyncio.wait_for(self._poked.wait(), _SELDOM)

    def begin(self) -> None:
        """Note that nobody waits yet (3)."""
        at = self._now()
        for _, content in list(self._opened().rows(HELD)):
            held = read_held(content)
            if held.state.live and not held.parked and held.left is None:
                with suppress(RemitError):
                    self._writer.commit(settle=move_call(held.call.digest, lambda call: call.left_at(at), at))

    def close(self) -> None:
        """Let go of the store; the next look opens it anew."""
        store, self._store = self._store, None
        if store is not None:
            with suppress(RemitError):
                store.close()

    def look(self) -> dict[str, bytes]:
        """Let time pass, and return every held call as it then is (2)."""
        store, at = self._opened(), self._now()
        found = {name.removeprefix(HELD): content for name, content in store.rows(HELD)}
        late = [digest for digest, content in found.items() if self._is_late(digest, content, at)]
        if late:
            self._writer.commit(settle=pass_time(late, at))
            found = {name.removeprefix(HELD): content for name, content in store.rows(HELD)}
        if next(store.rows(SEEDED), None) is not None:
            open_answered(self._writer, store, self._keyring)
        return found

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._open()
        return self._store

    def _is_late(self, digest: str, content: bytes, at: datetime) -> bool:
        name = f"sha256:{digest}"
        held = self._held[name] if self._seen.get(digest) == content else read_held(content)
        if held.state.live:
            return held.at_time(at).state is not held.state
        return held.ended is not None and held.ended + KEPT <= at

    def _take(self, found: dict[str, bytes]) -> None:
        """Take what was seen; wake everybody where any of it is new."""
        new = {digest: content for digest, content in found.items() if self._seen.get(digest) != content}
        for digest in self._seen.keys() - found.keys():
            self._held.pop(f"sha256:{digest}", None)
        for digest, content in new.items():
            self._held[f"sha256:{digest}"] = read_held(content)
        self._seen = found
        if new:
            self._changed.set()
            self._changed = asyncio.Event()

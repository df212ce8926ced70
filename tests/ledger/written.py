"""A log that is written to in memory: drafts as a gateway would make them, and everything needed to publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.ledger.entry import Draft, make_draft
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.publisher import Publisher
from remit.ledger.writer import Writer
from tests.fakes import Disk, MemoryKeyring, MemorySite, MemoryStore, SteppingClock
from tests.ledger.small_log import LOG_SIGNER, ORIGIN, UNWITNESSED

if TYPE_CHECKING:
    from remit.ledger.reader import PublishedLog

TERMS = "sha256:" + "ab" * 32
BEGINS = "2026-01-01T00:00:00.000Z"


def terms(digest: str = TERMS, begins: str = BEGINS) -> Draft:
    return make_draft(Kind.TERMS, LOG_STREAM, {"from": begins, "tm": digest})


def decision(effect: str = "allow", stream: str = "uc-07", **hidden: object) -> Draft:
    fields = {"b": {"b.surv": "ok"}, "o": effect, "r": ["t.agency#4"], "tm": TERMS}
    return make_draft(Kind.DECISION, stream, fields, hidden)


def outcome(of: int, stream: str = "uc-07") -> Draft:
    return make_draft(Kind.OUTCOME, stream, {"model": "heron-2", "ms": 12, "of": of, "status": 200})


def release(of: int, answer: str = "approved") -> Draft:
    return make_draft(Kind.RELEASE, "uc-07", {"o": answer, "of": of})


class WrittenLog:
    """A log with a writer, a site and a publisher, all in memory."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.site = MemorySite()
        self.keyring = MemoryKeyring()
        self.keyring.begin()
        self.clock = SteppingClock()
        self.store = MemoryStore(self.disk)
        self.writer = Writer(lambda: MemoryStore(self.disk), self.keyring, self.clock)
        self.publisher = Publisher(ORIGIN, self.store, self.site, [LOG_SIGNER])

    def write(self, *drafts: Draft) -> int:
        return self.writer.commit(drafts).first

    def fill(self, number: int) -> None:
        """Write terms and then so many entries: decisions and their outcomes, in turn."""
        self.write(terms())
        for n in range(1, number + 1, 2):
            self.write(*(decision(purpose="translate", subject=f"c-{n}"), outcome(n))[: number + 1 - n])

    def published(self) -> PublishedLog:
        from remit.ledger.reader import PublishedLog

        self.publisher.publish()
        return PublishedLog(self.site, UNWITNESSED)

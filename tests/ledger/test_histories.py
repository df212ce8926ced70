"""Any interleaving of appending, publishing, crashing, restarting, rotating keys and destroying epochs."""

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from remit.errors import LimitReached, NotRecorded
from remit.ledger.entry import make_draft, read_entry
from remit.ledger.invariants import Invariants
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.note import ED25519, VerifierKey
from remit.ledger.policy import WitnessPolicy
from remit.ledger.publisher import Publisher
from remit.ledger.recount import tally_of
from remit.ledger.rotation import draft_rotation
from remit.ledger.sidecar import KeyFolder, Keyring, open_contents
from remit.ledger.signer import FileSigner
from remit.ledger.site import CHECKPOINT, FolderSite, Site
from remit.ledger.sqlite import SqliteStore, create_store
from remit.ledger.store import Store
from remit.ledger.tree import leaf_hash, root_of
from remit.ledger.verification import verify_growth, verify_place
from remit.ledger.witness import Witness
from remit.ledger.writer import Reserve, Writer
from tests.fakes import Disk, MemoryKeyring, MemorySite, MemoryStore, NearWitness, SteppingClock
from tests.ledger.small_log import ORIGIN, WITNESS, WITNESS_KEY, WITNESS_SIGNER, DictMemory
from tests.ledger.written import decision, outcome, terms

LIMIT = 12


class History(RuleBasedStateMachine):
    """A log in memory; what is known of it beside it is what was acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = SteppingClock(timedelta(milliseconds=3))
        self.signers = [FileSigner.from_seed(bytes(32))]
        self.keys = [self.key_of(self.signers[0])]
        self.memory = DictMemory()
        self.acknowledged: dict[int, str] = {}
        self.open: list[int] = []
        self.live: set[int] = set()
        self.reserved = 0
        self.old_checkpoints: list[bytes] = []
        self.prepare()

    def prepare(self) -> None:
        self.disk = Disk()
        self.site: Site = MemorySite()
        self.keyring: Keyring = MemoryKeyring()

    def open_store(self) -> Store:
        return MemoryStore(self.disk)

    @staticmethod
    def key_of(signer: FileSigner) -> VerifierKey:
        return VerifierKey(ORIGIN, ED25519, signer.public_key)

    @initialize()
    def begin(self) -> None:
        self.live.add(self.keyring.begin().number)
        self.restart()
        self.acknowledged[self.writer.commit([terms()]).first] = LOG_STREAM

    def restart(self) -> None:
        self.writer = Writer(self.open_store, self.keyring, self.clock)
        self.store = self.open_store()

    @rule(number=st.integers(1, 40), hidden=st.booleans(), stream=st.sampled_from(["uc-07", "uc-08"]))
    def append(self, number: int, hidden: bool, stream: str) -> None:  # noqa: FBT001  # drawn
        drafts = [
            decision("allow", stream, purpose="x", n=place) if hidden else decision("allow", stream)
            for place in range(number)
        ]
        if hidden and not self.current_is_live():
            with pytest.raises(NotRecorded, match="begin one"):
                self.writer.commit(drafts)
            return
        receipt = self.writer.commit(drafts)
        self.acknowledged |= dict.fromkeys(range(receipt.first, receipt.stop), stream)
        self.open += range(receipt.first, receipt.stop)

    @rule(amount=st.integers(1, 5))
    def reserve(self, amount: int) -> None:
        if self.reserved + amount > LIMIT:
            with pytest.raises(LimitReached):
                self.writer.commit([decision()], counters={"mass": Reserve(amount, LIMIT)})
            return
        receipt = self.writer.commit([decision()], counters={"mass": Reserve(amount, LIMIT)})
        self.reserved += amount
        self.acknowledged[receipt.first] = "uc-07"

    @precondition(lambda self: self.open)
    @rule()
    def answer(self) -> None:
        receipt = self.writer.commit([outcome(self.open.pop())])
        self.acknowledged[receipt.first] = "uc-07"

    @rule(data=st.data())
    def summarise(self, data: Any) -> None:
        size = self.store.head().size
        first = data.draw(st.integers(0, size))
        stop = data.draw(st.integers(first, size))
        counts = tally_of(map(read_entry, self.store.entries(first, stop)), first).counts(first, stop)
        draft = make_draft(Kind.SUMMARY, LOG_STREAM, {"counts": counts, "i": first, "j": stop})
        self.acknowledged[self.writer.commit([draft]).first] = LOG_STREAM

    @rule(witnessed=st.booleans())
    def publish(self, witnessed: bool) -> None:  # noqa: FBT001  # drawn
        call = NearWitness(WITNESS_KEY, Witness(WITNESS, WITNESS_SIGNER, self.keys, self.memory))
        publication = Publisher(ORIGIN, self.store, self.site, self.signers).publish([call] if witnessed else [])
        assert publication.silent == {}
        self.old_checkpoints.append(publication.note.content())

    @rule()
    def crash(self) -> None:
        """Leave everything as it is, and begin anew; a writer that is idle has nothing that is not durable."""
        self.writer.close()
        self.store.close()
        self.restart()

    @rule()
    def rotate_the_key_of_the_log(self) -> None:
        new = FileSigner.from_seed(bytes(30) + len(self.keys).to_bytes(2, "big"))
        self.signers = [*self.signers[-1:], new]
        self.keys.append(self.key_of(new))
        draft = draft_rotation(ORIGIN, self.signers[0], new)
        self.acknowledged[self.writer.commit([draft]).first] = LOG_STREAM

    @rule()
    def begin_an_epoch(self) -> None:
        self.live.add(self.keyring.begin().number)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def destroy_an_epoch(self, data: Any) -> None:
        number = data.draw(st.sampled_from(sorted(self.live)))
        self.keyring.destroy(number)
        self.live.remove(number)

    def current_is_live(self) -> bool:
        try:
            return self.keyring.current().number in self.live
        except NotRecorded:
            return False

    @invariant()
    def everything_acknowledged_is_there_and_holds(self) -> None:
        if not self.acknowledged:
            return
        head = self.store.head()
        entries = list(self.store.entries(0, head.size))
        assert root_of(map(leaf_hash, entries)) == head.root()
        invariants = Invariants()
        read = [invariants.take(raw) for raw in entries]
        assert {entry.n: entry.stream for entry in read} == self.acknowledged
        assert self.store.counter("mass") == self.reserved <= LIMIT

    @rule()
    def open_what_can_be_opened(self) -> None:
        for n, raw in enumerate(self.store.entries(0, self.store.head().size)):
            entry, sealed = read_entry(raw), self.store.contents(n)
            if sealed is not None:
                epoch = self.keyring.find(entry.fields["ep"])
                assert (epoch is not None) == (entry.fields["ep"] in self.live)
                assert epoch is None or len(open_contents(entry, sealed, epoch)) == 2

    @precondition(lambda self: self.old_checkpoints)
    @rule()
    def verify_as_a_stranger(self) -> None:
        policy = WitnessPolicy(tuple(self.keys), {"ministry": WITNESS_KEY}, {}, "none")
        assert verify_place(self.site, policy).whole
        for old in self.old_checkpoints:
            verify_growth(self.site, old, policy)
        again = MemorySite()
        size = verify_place(self.site, policy).verified.checkpoint.size
        if size == self.store.head().size:
            Publisher(ORIGIN, self.store, again, self.signers).publish()
            assert all(self.site.read(path) == again.files[path] for path in again.files if path != CHECKPOINT)

    def teardown(self) -> None:
        self.writer.close()
        self.store.close()


class DurableHistory(History):
    """The same on a disk."""

    def prepare(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="remit-history-"))
        (self.folder / "public").mkdir()
        create_store(self.folder / "ledger.db")
        self.site = FolderSite(self.folder / "public")
        self.keyring = KeyFolder(self.folder / "epochs")

    def open_store(self) -> Store:
        return SqliteStore(self.folder / "ledger.db")

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.folder)


DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=500 if DEEP else 25, stateful_step_count=25)
TestDurableHistory = DurableHistory.TestCase
TestDurableHistory.settings = settings(max_examples=100 if DEEP else 8, stateful_step_count=25)

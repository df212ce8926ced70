"""Publishes a log: tiles, then the checkpoint, then the witnesses' lines (docs/evidence.md, "Writing").

1. Refuse when more was published than the store holds: it was restored from a copy, and another history would begin.
2. Settle in the store, under its lock, which size and root are signed for; never a root that is not committed, never
   two roots for one size, and it is remembered there before anything is signed.
3. Write the tiles that are full, then those that are not. They are derived: the same entries give the same bytes.
4. Demand that the tiles lead to the root of the store. Where those that were published do not, write all of them anew.
5. Write the checkpoint, by every key of the log, and only then remove partial tiles that are full by now.
6. Ask the witnesses. One that does not answer is told of and holds up nobody; one that has seen more stops everything.
7. Write the checkpoint again with their lines, and keep a copy of it under its size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused, LogRewound, NotRecorded
from remit.ledger.checkpoint import parse_checkpoint, write_checkpoint
from remit.ledger.edge import Edge
from remit.ledger.note import SignedNote, parse_note, sign_note
from remit.ledger.site import CHECKPOINT, COSIGNED
from remit.ledger.store import sign_for
from remit.ledger.tile import FULL_WIDTH, TileTree, changed_tiles
from remit.ledger.witness_call import ask_witness, take_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from remit.ledger.note import NoteSignature, VerifierKey
    from remit.ledger.signer import Signer
    from remit.ledger.site import Site
    from remit.ledger.store import Signed, Store
    from remit.ledger.witness_call import WitnessCall

_AT_ONCE = 128
"""Files that are held in memory before they are written."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published: the checkpoint with its lines, its size, and what went wrong with which witness."""

    note: SignedNote
    size: int
    silent: Mapping[str, str]


class Publisher:
    """Publishes one log from its store to its site."""

    def __init__(self, origin: str, store: Store, site: Site, signers: Sequence[Signer]) -> None:
        self._origin = origin
        self._store = store
        self._site = site
        self._signers = signers

    def publish(self, witnesses: Sequence[WitnessCall] = (), *, anew: bool = False) -> Publication:
        """Publish what the store holds now; with `anew`, write every tile again."""
        with self._site.exclusively():
            published = read_published(self._site)
            demand_no_rewind(self._store, self._site)  # (1)
            with self._store.group() as group:
                signed = sign_for(group, group.head().size)  # (2)
            old_size = 0 if published is None or anew else parse_checkpoint(published.text).size
            self._write_tiles(old_size, signed)  # (3) (4)
            note = self._sign(signed)
            if published is not None and published.text == note.text:
                note = _with_lines(note, published.signatures)
            self._site.write({CHECKPOINT: note.content()})  # (5)
            self._tidy(old_size, signed.size)
            return self._ask(note, signed, witnesses)

    def add_lines(self, lines: bytes, keys: Sequence[VerifierKey]) -> SignedNote:
        """Add the line that a witness of these keys has sent by file; raise if there is none."""
        with self._site.exclusively():
            note = self._demand_published()
            faults = []
            for key in keys:
                try:
                    line = take_line(lines, note, key)
                except EvidenceRefused as error:
                    faults.append(error)
                    continue
                return self._keep(_with_lines(note, [line]))
        raise faults[0] if faults else EvidenceRefused("witness-answer", "the policy knows no witness")

    def _ask(self, note: SignedNote, signed: Signed, witnesses: Sequence[WitnessCall]) -> Publication:
        tree = TileTree(signed.size, self._site)
        silent: dict[str, str] = {}
        lines: list[NoteSignature] = []
        for call in witnesses:  # (6)
            if any((line.name, line.ident) == (call.key.name, call.key.ident) for line in note.signatures):
                continue
            try:
                lines.append(ask_witness(call, note, signed.size, self._seen_by(call.key), tree.node))
            except OSError as error:
                silent[call.key.name] = str(error)
            except EvidenceRefused as error:
                silent[call.key.name] = error.says
        return Publication(self._keep(_with_lines(note, lines)) if lines else note, signed.size, silent)

    def _keep(self, note: SignedNote) -> SignedNote:
        size = parse_checkpoint(note.text).size
        self._site.write({f"{COSIGNED}/{size}": note.content(), CHECKPOINT: note.content()})  # (7)
        return note

    def _seen_by(self, key: VerifierKey) -> int:
        """Return the size a witness cosigned last, as far as we have kept it."""
        for size in sorted(map(int, self._site.names(COSIGNED)), reverse=True):
            note = parse_note(self._site.read(f"{COSIGNED}/{size}") or b"")
            if any((line.name, line.ident) == (key.name, key.ident) for line in note.signatures):
                return size
        return 0

    def _sign(self, signed: Signed) -> SignedNote:
        text = write_checkpoint(self._origin, signed.size, signed.root)
        return SignedNote(text, tuple(sign_note(text, self._origin, signer) for signer in self._signers))

    def _write_tiles(self, old_size: int, signed: Signed) -> None:
        try:
            edge = Edge.read(old_size, self._site)
            self._extend(edge, signed.size)
        except EvidenceRefused:
            edge = Edge()
        if edge.root() != signed.root:  # (4)
            edge = Edge()
            self._extend(edge, signed.size)
        if edge.root() != signed.root:
            raise NotRecorded("the entries in the store do not lead to its root; the store is damaged")
        self._site.write(dict(edge.unfinished()))

    def _extend(self, edge: Edge, size: int) -> None:
        for files in _batches(edge.extend(self._store.entries(edge.size, size))):
            self._site.write(files)

    def _tidy(self, old_size: int, size: int) -> None:
        for tile in changed_tiles(old_size, size):
            paths = [tile.path, tile.bundle_path] if tile.level == 0 else [tile.path]
            for path in paths if tile.width == FULL_WIDTH else []:
                self._site.remove(f"{path}.p")

    def _demand_published(self) -> SignedNote:
        note = read_published(self._site)
        if note is None:
            raise EvidenceRefused("checkpoint-absent", "nothing was published yet")
        return note


def read_published(site: Site) -> SignedNote | None:
    """Return the checkpoint that is published, not verified, or None before the first."""
    content = site.read(CHECKPOINT)
    return None if content is None else parse_note(content)


def demand_no_rewind(store: Store, site: Site) -> None:
    """Raise `LogRewound` where less is stored than was signed or published; ask before anything is written."""
    held, signed, published = store.head().size, store.signed(), read_published(site)
    if signed is not None and signed.size > held:
        raise LogRewound(held, signed.size, "what was signed last")
    if published is None:
        return
    checkpoint = parse_checkpoint(published.text)
    if checkpoint.size > held:
        raise LogRewound(held, checkpoint.size, "the published checkpoint")
    # Restored and grown past the published size, the store would show another root there.
    if signed is None or signed.size < checkpoint.size:
        raise LogRewound(held, checkpoint.size, "the published checkpoint, which the store does not know of,")
    if signed.size == checkpoint.size and signed.root != checkpoint.root:
        raise LogRewound(held, checkpoint.size, "another root of the published checkpoint")


def _with_lines(note: SignedNote, lines: Sequence[NoteSignature]) -> SignedNote:
    known = {(line.name, line.ident) for line in note.signatures}
    more = [line for line in lines if (line.name, line.ident) not in known]
    return SignedNote(note.text, (*note.signatures, *more))


def _batches(files: Iterator[tuple[str, bytes]]) -> Iterator[Mapping[str, bytes]]:
    batch: dict[str, bytes] = {}
    for path, content in files:
        batch[path] = content
        if len(batch) == _AT_ONCE:
            yield batch
            batch = {}
    if batch:
        yield batch

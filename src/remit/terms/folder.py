"""Reading the terms of a folder: the register, its instruments, their signatures; the only place here that opens files.

1. Read the bytes of every file, none larger than the bound, none through a link that leads out of the folder.
2. Read the register, then the names it makes known, then the instruments.
3. Check what refers to what, and the signatures where the register pins a key.
4. Raise every fault at once, or return terms that have none.
"""

from __future__ import annotations

import gc
import hashlib
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from remit.canonical import digest
from remit.errors import Fault, NothingToLookAt, TermsUnusable
from remit.terms.catalogue import shipped_catalogue
from remit.terms.clause import Verb
from remit.terms.document import LARGEST_FILE, Document, read_document
from remit.terms.fields import Fields, unknown
from remit.terms.instrument import VERBS, Instrument, Kind, check_entry, check_parties, read_instrument
from remit.terms.reference import INSTRUMENT, Reference
from remit.terms.register import Register, read_register
from remit.terms.signature import SignatureFault, SignatureRefused, key_blob, verify_signature
from remit.terms.terms import Terms, make_terms
from remit.terms.vocabulary import Vocabulary, make_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from remit.terms.clause import Clause
    from remit.terms.register import Key

_ALIKE = 0.8
REGISTER = "remit.yaml"
INSTRUMENTS = "instruments"
CASES = "cases"
SIGNATURE = ".sig"


@dataclass(frozen=True, slots=True)
class Files:
    """The bytes of a terms folder, by path within it."""

    register: bytes
    instruments: dict[str, bytes]
    signatures: dict[str, bytes]


def load_terms(folder: Path) -> Terms:
    """Load the terms of a folder; raise `TermsUnusable` with every fault, `NothingToLookAt` if there is no folder."""
    if not folder.is_dir():
        raise NothingToLookAt(f"Nothing was read: there is no terms folder {folder}; remit init writes one.")
    if not (folder / REGISTER).is_file():
        raise NothingToLookAt(f"Nothing was read: {folder} holds no {REGISTER}; remit init writes one.")
    faults: list[Fault] = []
    files = _read_files(folder, faults)
    return read_terms(files, faults)


def terms_files(folder: Path) -> list[Path]:
    """Return every file that is read as terms, or as cases of them: nothing else of the folder is."""
    rows = [*sorted((folder / CASES).glob("*.yaml")), *sorted((folder / "catalogue").glob("*.yaml"))]
    places = [*sorted((folder / INSTRUMENTS).glob("**/*")), *rows, folder / REGISTER]
    return [path for path in places if path.is_file() and path.suffix in {".yaml", ".yml", SIGNATURE}]


def read_terms(files: Files, faults: list[Fault] | None = None) -> Terms:
    """Read terms from bytes; raise `TermsUnusable` with every fault."""
    with _collection_put_off():
        return _read_terms(files, faults)


@contextmanager
def _collection_put_off() -> Iterator[None]:
    """Put the search for circles of garbage off: reading makes many objects and no circles, and takes half as long."""
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


def _read_terms(files: Files, faults: list[Fault] | None) -> Terms:
    head = read_document(REGISTER, files.register)
    documents = [read_document(path, content) for path, content in sorted(files.instruments.items())]
    if head.root is None:  # Every name would be unknown, and a thousand faults would hide the one.
        raise TermsUnusable([*(faults or ()), *_faults_in(head, *documents)])
    register, references = read_register(Fields.of(head, head.root))
    catalogue = shipped_catalogue().with_own(register.makers, register.models)
    vocabulary = make_vocabulary(register, catalogue)
    _check_references((each for each in references if each.attribute != INSTRUMENT), vocabulary)
    tops = [Fields.of(document, document.root) for document in documents if document.root is not None]
    read = [(top, instrument) for top in tops if (instrument := read_instrument(top, vocabulary)) is not None]
    for top, instrument in read:
        _check_signature(top.document, instrument, register, files)
    if sum(bool(instrument.id) for _, instrument in read) == len(documents):
        # What refers to a file without a name is not at fault itself, so that it waits until every file has one.
        _check_between(read)
        _check_on_file((each for each in references if each.attribute == INSTRUMENT), {item.id for _, item in read})
        read = _add_standing(read, register, vocabulary)
    found = [*(faults or ()), *_faults_in(head, *documents)]
    if found:
        raise TermsUnusable(found)
    instruments = tuple(instrument for _, instrument in read)
    return make_terms(register, instruments, catalogue, vocabulary, _digest(files, catalogue.digest))


def _faults_in(*documents: Document) -> list[Fault]:
    return [fault for document in documents for fault in document.faults]


def _digest(files: Files, catalogue: str) -> str:
    """Name the terms by the digest of every file, as `sha256sum` gives it, and of the catalogue they were read with."""
    contents = {REGISTER: files.register, **files.instruments}
    sums = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    return digest({"catalogue": catalogue, "files": sums})


def _read_files(folder: Path, faults: list[Fault]) -> Files:
    """Read every file of the terms; without the register nothing else is worth reading."""
    register = _read(folder / REGISTER, folder, faults)
    if register is None:
        raise TermsUnusable(faults)
    instruments: dict[str, bytes] = {}
    signatures: dict[str, bytes] = {}
    for path in _walk(folder / INSTRUMENTS, folder, faults):
        into = instruments if path.suffix in {".yaml", ".yml"} else signatures if path.suffix == SIGNATURE else None
        content = None if into is None or path.name.startswith(".") else _read(path, folder, faults)
        if into is not None and content is not None:
            into[path.relative_to(folder).as_posix()] = content
    return Files(register, instruments, signatures)


def _walk(place: Path, folder: Path, faults: list[Fault]) -> Iterator[Path]:
    """Yield every file under a folder; one that cannot be looked into is a fault, for it may hold a boundary."""

    def note(error: OSError) -> None:
        faults.append(_fault(Path(error.filename), folder, f"could not be read: {error.strerror}"))

    if not os.path.lexists(place):
        return
    for top, within, names in os.walk(place, onerror=note):
        links = (path for name in within if (path := Path(top, name)).is_symlink())
        faults.extend(_fault(path, folder, "a link to a folder; it was not followed") for path in links)
        yield from (Path(top, name) for name in names)


def _read(path: Path, folder: Path, faults: list[Fault]) -> bytes | None:
    """Read one file up to the bound, and one byte more so that the bound is seen to be passed."""
    try:
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            says = "a link that leads out of the terms folder; it was not read"
        elif not stat.S_ISREG(path.stat().st_mode):
            says = "not a file; it was not read"
        elif not path.name.isprintable():
            says = "a name that is not plain text; it was not read"
        else:
            with path.open("rb") as stream:
                return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        says = f"could not be read: {error.strerror}"
    faults.append(_fault(path, folder, says))
    return None


def _fault(path: Path, folder: Path, says: str) -> Fault:
    name = path.relative_to(folder).as_posix()
    return Fault(name if name.isprintable() else ascii(name), 0, 0, "", says)


def _check_references(references: Iterable[Reference], vocabulary: Vocabulary) -> None:
    for reference in references:
        if not vocabulary.knows(reference.attribute, reference.name):
            noun = vocabulary.noun(reference.attribute)
            says = unknown(noun, reference.name, vocabulary.names_of(reference.attribute))
            reference.fields.fault(reference.key, says)


def _check_on_file(references: Iterable[Reference], idents: set[str]) -> None:
    """Find names that are nearly that of an instrument on file; any other may be one that is still to come.

    Numbers tell the instruments of one kind apart, so that a name with another number is another name.
    """
    for reference in references:
        same = {ident for ident in idents if _digits(ident) == _digits(reference.name)}
        if reference.name not in idents and get_close_matches(reference.name, same, n=1, cutoff=_ALIKE):
            reference.fields.fault(reference.key, unknown("instrument", reference.name, same))


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdecimal())


def _add_standing(
    read: list[tuple[Fields, Instrument]], register: Register, vocabulary: Vocabulary
) -> list[tuple[Fields, Instrument]]:
    """Add to each instrument what the register says we learned of it later."""
    by_id = {instrument.id: instrument for _, instrument in read}
    for ident, entry, fields in register.standing:
        instrument = by_id.get(ident)
        if instrument is None:
            fields.fault("instrument", unknown("instrument", ident, by_id))
            continue
        check_parties(fields, vocabulary)
        check_entry(fields, instrument.kind, entry)
        by_id[ident] = instrument.with_standing([entry])
    return [(top, by_id[instrument.id]) for top, instrument in read]


def _check_between(read: list[tuple[Fields, Instrument]]) -> None:
    """Note names that stand twice, and waivers and grants that lift what they may not."""
    by_id: dict[str, Instrument] = {}
    for top, instrument in read:
        first = by_id.setdefault(instrument.id, instrument)
        if first is not instrument:
            top.fault("instrument", f"{first.path} bears this name already")
    for top, instrument in read:
        for fields, clause in zip(top.each("clauses"), instrument.clauses, strict=True):
            if clause.lifts and clause.verb in VERBS[instrument.kind]:
                _check_lifts(fields, instrument, Verb.LIFT if clause.verb is Verb.LIFT else "lifts", by_id)


def _check_lifts(fields: Fields, instrument: Instrument, key: str, by_id: dict[str, Instrument]) -> None:
    for scalar in fields.scalars(key):
        ident, slash, clause_id = scalar.text.partition("/")
        target = by_id.get(ident)
        clause = None if target is None else target.clause(clause_id)
        if target is None:
            fields.fault(key, unknown("instrument", ident, by_id), scalar)
        elif slash and clause is None:
            fields.fault(key, unknown("clause", clause_id, [each.id for each in target.clauses]), scalar)
        elif says := _lift_fault(instrument, target, clause):
            fields.fault(key, says, scalar)


def _lift_fault(instrument: Instrument, target: Instrument, clause: Clause | None) -> str:
    """Say why an instrument may not lift another, or one clause of it; nothing where it may."""
    if instrument.kind not in {Kind.GRANT, Kind.WAIVER}:
        return f"a {instrument.kind} lifts nothing; a grant or a waiver does"
    if instrument.kind is Kind.GRANT:
        if target.kind is not Kind.POLICY or target.by != instrument.by:
            return f"a grant lifts clauses of a policy of {instrument.by} only"
        if clause is not None and clause.boundary:
            return "this clause is a boundary; no grant lifts it"
        if clause is not None and clause.verb is Verb.PERMIT:
            return "this clause permits; there is nothing to lift"
        return ""
    if target.kind is not Kind.ORDER:
        return "a waiver lifts an order or its clauses only"
    may = target.waivable_by or frozenset({target.by})
    return "" if instrument.by in may else f"{instrument.by} may not waive this order; {' or '.join(sorted(may))} may"


def _check_signature(document: Document, instrument: Instrument, register: Register, files: Files) -> None:
    """Check the detached signature of an instrument whose issuer has keys pinned in the register.

    1. No keys pinned: nothing is asked, and `remit terms check` warns of it.
    2. A signature must be there, be whole, fit the bytes, and be made for our namespace.
    3. Its key must be one of those pinned for this party.
    4. That key must have been valid when we last learned of the instrument from its own file.
    """
    party = register.party(instrument.by)
    if party is None or not party.keys:  # (1)
        return
    name = document.path + SIGNATURE
    armoured = files.signatures.get(name)
    if armoured is None:  # (2)
        says = f"{party.id} has a key pinned in the register, and this file is not there"
        document.faults.append(Fault(name, 0, 0, f"signature {SignatureFault.UNSIGNED}", says))
        return
    learned = max((entry.known for entry in instrument.standing.entries), default=None)
    try:
        _check_key(verify_signature(files.instruments[document.path], armoured), party.keys, learned, party.id)
    except SignatureRefused as refused:
        document.faults.append(Fault(name, 0, 0, f"signature {refused.kind}", str(refused)))


def _check_key(blob: bytes, keys: Iterable[Key], moment: datetime | None, party: str) -> None:
    pinned = [key for key in keys if _same_key(key, blob)]  # (3)
    if not pinned:
        raise SignatureRefused(SignatureFault.UNKNOWN, f"made with a key that is not pinned for {party}")
    if moment is not None and not any(key.is_valid(moment) for key in pinned):  # (4)
        raise SignatureRefused(SignatureFault.EXPIRED, f"made with a key of {party} outside its time of validity")


def _same_key(key: Key, blob: bytes) -> bool:
    try:
        return key_blob(key.text) == blob
    except ValueError:  # A pinned key that is broken is a fault of the register already.
        return False

"""Reading the terms of a folder: the register, its instruments, their signatures; the only place here that opens files.

1. Read the bytes of every file, none larger than the bound, none through a link that leads out of the folder.
2. Read the register, then the names it makes known, then the instruments.
3. Check what refers to what, and the signatures where the register pins a key.
4. Raise every fault at once, or return terms that have none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.canonical import digest
from remit.errors import Fault, NothingToLookAt, TermsUnusable
from remit.terms.catalogue import shipped_catalogue
from remit.terms.clause import Verb
from remit.terms.document import LARGEST_FILE, Document, read_document
from remit.terms.fields import unknown
from remit.terms.instrument import Instrument, Kind, check_entry, check_parties, read_instrument
from remit.terms.register import Register, read_register
from remit.terms.signature import SignatureFault, SignatureRefused, key_blob, verify_signature
from remit.terms.terms import Terms, make_terms
from remit.terms.vocabulary import Vocabulary, make_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from remit.terms.register import Key, Reference

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
        raise NothingToLookAt(f"Nothing was judged: there is no terms folder {folder}; remit init writes one.")
    if not (folder / REGISTER).is_file():
        raise NothingToLookAt(f"Nothing was judged: {folder} holds no {REGISTER}; remit init writes one.")
    faults: list[Fault] = []
    files = _read_files(folder, faults)
    return read_terms(files, faults)


def terms_files(folder: Path) -> list[Path]:
    """Return every file that is read as terms, or as cases of them: nothing else of the folder is."""
    places = [*sorted((folder / INSTRUMENTS).glob("**/*")), *sorted((folder / CASES).glob("*.yaml")), folder / REGISTER]
    return [path for path in places if path.is_file() and path.suffix in {".yaml", ".yml", SIGNATURE}]


def read_terms(files: Files, faults: list[Fault] | None = None) -> Terms:
    """Read terms from bytes; raise `TermsUnusable` with every fault."""
    faults = [] if faults is None else faults
    head = read_document(REGISTER, files.register)
    register, references = read_register(head)
    catalogue = shipped_catalogue().with_own(register.makers, register.models)
    vocabulary = make_vocabulary(register, catalogue)
    _check_references(references, vocabulary)
    documents = [read_document(path, content) for path, content in sorted(files.instruments.items())]
    instruments = []
    for document in documents:
        instrument = read_instrument(document, vocabulary)
        if instrument is not None:
            _check_signature(document, instrument, register, files)
            instruments.append(instrument)
    instruments = _add_standing(instruments, register, vocabulary)
    by_path = {document.path: document for document in documents}
    _check_between(instruments, by_path)
    faults.extend(fault for document in (head, *documents) for fault in document.faults)
    if faults:
        raise TermsUnusable(faults)
    return make_terms(register, tuple(instruments), catalogue, vocabulary, _digest(files, catalogue.digest))


def _digest(files: Files, catalogue: str) -> str:
    """Name the terms by the digest of every file, as `sha256sum` gives it, and of the catalogue they were read with."""
    contents = {REGISTER: files.register, **files.instruments}
    sums = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    return digest({"catalogue": catalogue, "files": sums})


def _read_files(folder: Path, faults: list[Fault]) -> Files:
    instruments: dict[str, bytes] = {}
    signatures: dict[str, bytes] = {}
    for path in sorted((folder / INSTRUMENTS).glob("**/*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name.startswith("."):
            continue
        if path.suffix in {".yaml", ".yml"}:
            instruments[name] = _read(path, name, folder, faults)
        elif path.suffix == SIGNATURE:
            signatures[name] = _read(path, name, folder, faults)
    return Files(_read(folder / REGISTER, REGISTER, folder, faults), instruments, signatures)


def _read(path: Path, name: str, folder: Path, faults: list[Fault]) -> bytes:
    """Read one file up to the bound, and one byte more so that the bound is seen to be passed."""
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            faults.append(Fault(name, 0, 0, "", "a link that leads out of the terms folder; it was not read"))
            return b""
        with path.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        faults.append(Fault(name, 0, 0, "", f"could not be read: {error.strerror}"))
        return b""


def _check_references(references: Iterable[Reference], vocabulary: Vocabulary) -> None:
    for reference in references:
        if not vocabulary.knows(reference.attribute, reference.name):
            noun = vocabulary.noun(reference.attribute)
            says = unknown(noun, reference.name, vocabulary.names_of(reference.attribute))
            reference.fields.fault(reference.key, says)


def _add_standing(instruments: list[Instrument], register: Register, vocabulary: Vocabulary) -> list[Instrument]:
    """Add to each instrument what the register says we learned of it later."""
    by_id = {instrument.id: instrument for instrument in instruments}
    for ident, entry, fields in register.standing:
        instrument = by_id.get(ident)
        if instrument is None:
            fields.fault("instrument", unknown("instrument", ident, by_id))
            continue
        check_parties(fields, vocabulary)
        check_entry(fields, instrument.kind, entry)
        by_id[ident] = instrument.with_standing([entry])
    return [by_id.get(item.id, item) for item in instruments]


def _check_between(instruments: list[Instrument], documents: dict[str, Document]) -> None:
    """Note names that stand twice, and waivers and grants that lift what they may not."""
    by_id: dict[str, Instrument] = {}
    for instrument in instruments:
        document = documents[instrument.path]
        first = by_id.setdefault(instrument.id, instrument)
        if first is not instrument and document.root is not None:
            node = document.root.entries["instrument"][1]
            document.fault(node, "instrument", f"{first.path} bears this name already")
    for instrument in instruments:
        _check_lifts(instrument, by_id, documents)


def _check_lifts(instrument: Instrument, by_id: dict[str, Instrument], documents: dict[str, Document]) -> None:
    for number, clause in enumerate(instrument.clauses):
        verb = Verb.LIFT if clause.verb is Verb.LIFT else "lifts"
        faults = (_lift_fault(instrument, name, by_id) for name in clause.lifts)
        for says in filter(None, faults):
            _fault_at_clause(documents[instrument.path], number, verb, says)


def _fault_at_clause(document: Document, number: int, key: str, says: str) -> None:
    clauses = document.root.entries["clauses"][1] if document.root is not None else None
    node = clauses.items[number].entries[key][1] if clauses is not None else None  # type: ignore[union-attr]
    document.fault(node, f"clauses[{number}].{key}", says)


def _lift_fault(instrument: Instrument, name: str, by_id: dict[str, Instrument]) -> str:
    """Say why an instrument may not lift what it names; nothing where it may."""
    if instrument.kind not in {Kind.GRANT, Kind.WAIVER}:
        return f"a {instrument.kind} lifts nothing; a grant or a waiver does"
    ident, _, clause_id = name.partition("/")
    target = by_id.get(ident)
    if target is None:
        return unknown("instrument", ident, by_id)
    clause = target.clause(clause_id)
    if clause_id and clause is None:
        return unknown("clause", clause_id, [c.id for c in target.clauses])
    if instrument.kind is Kind.GRANT:
        if target.kind is not Kind.POLICY or target.by != instrument.by:
            return f"a grant lifts clauses of a policy of {instrument.by} only"
        if clause is not None and clause.boundary:
            return "this clause is a boundary; no grant lifts it"
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
    key = next((key for key in keys if _same_key(key, blob)), None)  # (3)
    if key is None:
        raise SignatureRefused(SignatureFault.UNKNOWN, f"made with a key that is not pinned for {party}")
    early = key.from_ is not None and moment is not None and moment < key.from_
    late = key.until is not None and moment is not None and moment >= key.until
    if early or late:  # (4)
        raise SignatureRefused(SignatureFault.EXPIRED, f"made with a key of {party} outside its time of validity")


def _same_key(key: Key, blob: bytes) -> bool:
    try:
        return key_blob(key.text) == blob
    except ValueError:  # A pinned key that is broken is a fault of the register already.
        return False

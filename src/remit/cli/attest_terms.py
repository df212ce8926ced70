"""`remit attest --predicate terms`: which terms are in force, who signed them, and what the prover says of them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

from remit import __version__
from remit.attest.bundle import name_files, seal_record
from remit.attest.predicates.parts import File, records, told
from remit.attest.predicates.terms import PREDICATE_TYPE, Proved, SignedInstrument
from remit.attest.ssh_signature import fingerprint
from remit.attest.statement import Subject
from remit.canonical import canonical
from remit.cli.attest_signing import demand_absent, put_out, read_affirmation, read_at, read_signers, read_validity
from remit.cli.folder import find_folder
from remit.cli.when import read_when
from remit.prove.certificate import make_certificate
from remit.prove.finding import Question
from remit.prove.moment import make_moment
from remit.prove.study import study_terms
from remit.prove.witness import actuality
from remit.terms.folder import CASES, REGISTER, SIGNATURE, load_terms, terms_files
from remit.terms.instant import write_instant
from remit.terms.signature import SignatureRefused, verify_signature

if TYPE_CHECKING:
    import argparse
    from datetime import datetime
    from pathlib import Path

    from remit.terms.instrument import Instrument
    from remit.terms.terms import Terms

CERTIFICATE = "certificate.json"


def attest_terms(args: argparse.Namespace) -> int:
    """Prove what can be proved of some terms, and write a bundle that names them with it."""
    demand_absent(args)
    signers = read_signers(args)
    folder = find_folder(args.path)
    terms = load_terms(folder)
    at, known = read_when(args, terms)
    certificate = _certificate(folder, terms, at, known)
    findings = study_terms(terms, at, known, list(Question))
    (file,) = name_files({CERTIFICATE: certificate})
    said = tuple(f"{finding.question}: {finding.about}" for finding in findings)
    claims = len(json.loads(certificate)["claims"])
    proved = Proved(f"remit {__version__}", not said, said, claims, file)
    affirmed = read_affirmation(args)
    digest = terms.digest.removeprefix("sha256:")
    record = told(
        {
            "digest": {"sha256": digest},
            "catalogue": {"sha256": terms.catalogue.digest.removeprefix("sha256:")},
            "at": write_instant(at),
            "known": write_instant(known),
            "register": _file(folder, REGISTER).as_dict(),
            "instruments": records(_instrument(folder, each, terms) for each in terms.instruments),
            **read_validity(args, read_at(args)).as_dict(),
            "prover": proved.as_dict(),
            "request": args.nonce,
            "affirmedBy": None if affirmed is None else affirmed.as_dict(),
        }
    )
    subject = Subject(args.name or "terms", {"sha256": digest})
    files = seal_record(record, PREDICATE_TYPE, [subject], {CERTIFICATE: certificate}, signers)
    says = f"{len(terms.instruments)} instruments; the prover has {len(said)} findings and certifies {claims} claims."
    return put_out(args, files, signers, says)


def _certificate(folder: Path, terms: Terms, at: datetime, known: datetime) -> bytes:
    files = [path for path in terms_files(folder) if path.suffix != SIGNATURE and CASES not in path.parts]
    sums = {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
    moment = make_moment(terms, at, known)
    return canonical(make_certificate(moment, actuality(moment), sums)) + b"\n"


def _instrument(folder: Path, instrument: Instrument, terms: Terms) -> SignedInstrument:
    return SignedInstrument(
        instrument.id,
        instrument.kind.value,
        instrument.by,
        _file(folder, instrument.path),
        len(instrument.clauses),
        sum(clause.boundary for clause in instrument.clauses),
        _signed_by(folder, instrument, terms),
    )


def _signed_by(folder: Path, instrument: Instrument, terms: Terms) -> str | None:
    """Name the key that signed an instrument, where the register pins keys of its issuer: loading has checked them."""
    party = terms.register.party(instrument.by)
    if party is None or not party.keys:
        return None
    content, signature = folder / instrument.path, folder / f"{instrument.path}{SIGNATURE}"
    try:
        return fingerprint(verify_signature(content.read_bytes(), signature.read_bytes()))
    except (OSError, SignatureRefused):
        return None


def _file(folder: Path, name: str) -> File:
    return File(name, sha256((folder / name).read_bytes()).hexdigest())

"""`remit attest` about the models in a system: a scan, told to the wing that attests in records it need not trust."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit import __version__
from remit.attest.bundle import Companions, seal_integration, write_json
from remit.attest.declarations import say_status
from remit.attest.files import BOM, READING, SARIF
from remit.attest.predicates.model_integration import (
    Findings,
    Method,
    ModelIntegration,
    Removal,
    Role,
    Scope,
    Status,
    Supplier,
    status_of,
)
from remit.attest.predicates.parts import INCLUDING_DERIVED, Order, Target
from remit.attest.scanned import (
    SUPPLIERS,
    concerns,
    count_dismissed,
    count_relations,
    findings_of,
    is_about,
    surfaces_of,
    verdicts_of,
)
from remit.cli.attest_signing import (
    demand_absent,
    name,
    put_out,
    read_affirmation,
    read_at,
    read_pairs,
    read_signers,
    read_validity,
)
from remit.cli.cache import opened_cache
from remit.cli.folder import find_folder
from remit.cli.progress import progress
from remit.cli.when import read_when
from remit.errors import NothingToLookAt, UsageError
from remit.ledger.strict import read_json
from remit.scan.cache import maker
from remit.scan.coverage import COMPLETE_WITHOUT, NOT_INQUIRED
from remit.scan.formats.form import Form, write
from remit.scan.formats.inventory import Inventory
from remit.scan.formats.lineage import lineage_of
from remit.scan.report import make_report
from remit.scan.revision import Revision
from remit.scan.run import known_for, scan_path
from remit.scan.signatures import signatures
from remit.terms.fields import say_unknown
from remit.terms.folder import REGISTER, load_terms, terms_files

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import datetime

    from remit.attest.subject import Named
    from remit.scan.findings import Findings as WholeFindings
    from remit.scan.report import Report
    from remit.terms.terms import Terms

VERSION = "remit-attested/1"


@dataclass(frozen=True)
class Looked:
    """A scan of what the subjects name: its record, and the companions that it wrote."""

    record: dict[str, Any]
    sarif: bytes
    bill: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What is asked about, by which terms where there are any, at an instant and by what was known at another."""

    target: Target
    contracts: tuple[str, ...]
    terms: Terms | None
    folder: Path
    when: tuple[datetime, datetime]


def attest_integration(args: argparse.Namespace) -> int:
    """Look at a place, and write a bundle that says what was found there of one maker."""
    demand_absent(args)
    if not (args.order and args.scope and args.target):
        raise UsageError("Nothing was attested: say what is asked: --order ID, --scope CONTRACT and --target MAKER.")
    signers = read_signers(args)
    at = read_at(args)
    folder = find_folder(args.terms, near=Path(args.path))
    terms = load_terms(folder) if args.terms or (folder / REGISTER).is_file() else None
    order = _order(args, terms, folder)
    named = name(args)
    known = at if terms is None else read_when(args, terms)[1]
    asked = Asked(_target(args), tuple(args.scope), terms, folder, (at, known))
    looked = look(Path(args.path), named, asked) if args.from_scan is None else _earlier(args, named, asked)
    predicate = _predicate(args, looked, asked, order)
    _demand_known(asked)
    findings = write_json(attested(looked.record, named, asked))
    files = seal_integration(predicate, named.subjects, Companions(findings, looked.sarif, looked.bill), signers)
    return put_out(args, files, signers, say_status(predicate))


def _order(args: argparse.Namespace, terms: Terms | None, folder: Path) -> Order:
    """Name the order by its version and the digest of its text, which is a file given or an instrument of the terms."""
    ident, at, number = args.order.partition("@")
    if at and not (number.isdecimal() and int(number)):
        raise UsageError(f"Nothing was attested: {number!r} is no version of an order; write {ident}@2.")
    instrument = None if terms is None else terms.instrument(ident)
    if args.order_file is not None:
        file = Path(args.order_file)
    elif instrument is not None:
        file = folder / instrument.path
    else:
        raise UsageError(
            f"Nothing was attested: the text of {ident} is not known, and its digest says which text is meant.\n"
            "  Name its file with --order-file, or a folder of terms that holds it with --terms."
        )
    try:
        return Order(ident, int(number or 1), sha256(file.read_bytes()).hexdigest())
    except OSError as fault:
        raise NothingToLookAt(f"Nothing was attested: {file}: {fault.strerror}.") from fault


def _target(args: argparse.Namespace) -> Target:
    lineage = "named-only" if args.named_only else INCLUDING_DERIVED
    return Target(args.target, tuple(args.model) or ("*",), lineage)


def _demand_known(asked: Asked) -> None:
    """Refuse a maker that no scan could find, and a contract that the register does not have.

    A name that is misspelt would be signed as one that is nowhere, and an unknown contract as one that was looked at.
    """
    makers = set(signatures().makers)
    if asked.terms is not None:
        makers |= set(known_for(asked.folder).makers)
        scopes = [scope.id for scope in asked.terms.register.scopes]
        for contract in asked.contracts if scopes else ():
            if contract not in scopes:
                says = say_unknown("scope", contract, scopes)
                raise UsageError(f"Nothing was attested: --scope {contract!r} is an {says}")
        makers |= {*asked.terms.catalogue.makers, *asked.terms.catalogue.model_makers}
    if asked.target.provider not in makers:
        raise UsageError(
            f"Nothing was attested: --target {asked.target.provider!r} is an"
            f" {say_unknown('maker', asked.target.provider, makers)}\n"
            "  A maker that is not known cannot be looked for; remit catalogue list makers names those that are."
        )


def look(path: Path, named: Named, asked: Asked) -> Looked:
    """Scan what the subjects name: the commit of a checkout without changes, or else what lies there.

    What is handed out is what was asked about, and nothing of other makers or other contracts.
    """
    import argparse

    spared = () if asked.terms is None else terms_files(asked.folder)
    source = Revision(path, named.commit) if named.commit else None
    with progress() as show, opened_cache(argparse.Namespace(no_cache=source is not None)) as cache:
        rows = signatures() if asked.terms is None else known_for(asked.folder, asked.terms.register)
        found = scan_path(path, progress=show, spared=spared, source=source, cache=cache, known=rows)
    if not found.coverage.present:
        raise NothingToLookAt(f"Nothing was attested: there is no file in {path}.")
    found = _narrowed(found, asked.target)
    inventory = Inventory((found,), None if asked.terms is None else _report(found, asked.terms, asked))
    record = json.loads(write(Form.JSON, inventory))
    record = record if asked.terms is not None else record["."]
    bill = json.loads(write(Form.CYCLONEDX, inventory))
    return Looked(record, write(Form.SARIF, inventory).encode(), bill)


def _narrowed(found: WholeFindings, target: Target) -> WholeFindings:
    return replace(
        found,
        path=".",
        integrations=tuple(each for each in found.integrations if is_about(target, each.maker, each.models, ancestors)),
        traces=tuple(each for each in found.traces if is_about(target, each.maker, each.models, ancestors)),
        history=tuple(each for each in found.history if each.maker == target.provider),
        dismissed=tuple(each for each in found.dismissed if each.maker == target.provider),
    )


def _report(found: WholeFindings, terms: Terms, asked: Asked) -> Report:
    report = make_report(found, terms, *asked.when)
    known = [scope for scope in report.scopes if scope.scope.id in asked.contracts]
    return replace(report, scopes=tuple(known), unscoped=()) if known else report


def attested(record: dict[str, Any], named: Named, asked: Asked) -> dict[str, Any]:
    """Write the findings with what they are about and the rules they were made by."""
    return {
        "version": VERSION,
        "subject": [subject.as_dict() for subject in named.subjects],
        "target": asked.target.as_dict(),
        "contracts": list(asked.contracts),
        "tool": f"remit {__version__}",
        "rules": {"sha256": maker()},
        "found": record,
    }


def _earlier(args: argparse.Namespace, named: Named, asked: Asked) -> Looked:
    """Take the findings of an earlier bundle, if they are about the same contents and question, by the same rules."""
    file = Path(args.from_scan)
    try:
        contents = {each: (file.parent / each).read_bytes() for each in (file.name, SARIF, BOM, READING)}
        record = read_json(contents[file.name].decode().rstrip("\n"))
        statement = json.loads(contents[READING])
        sums = {row["name"]: row["digest"]["sha256"] for row in statement["predicate"]["findings"]["evidence"]}
        about, question = record["subject"], (record["target"], record["contracts"])
        rules = record["rules"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise UsageError(
            f"Nothing was attested: {file} is no findings.json of a bundle, with the rest of the bundle beside it."
        ) from fault
    if wrong := [each for each in (file.name, SARIF, BOM) if sha256(contents[each]).hexdigest() != sums.get(each)]:
        raise UsageError(f"Nothing was attested: {file.parent / wrong[0]} was changed since its bundle was made.")
    if about != [subject.as_dict() for subject in named.subjects]:
        raise UsageError(f"Nothing was attested: {file} is about other contents than {args.path} has now.")
    if question != (asked.target.as_dict(), list(asked.contracts)):
        raise UsageError(f"Nothing was attested: {file} answers for another target or contract; scan anew.")
    if rules != maker():
        raise UsageError(f"Nothing was attested: {file} was made by other rules than this version has; scan anew.")
    return Looked(record["found"], contents[SARIF], json.loads(contents[BOM]))


def _predicate(args: argparse.Namespace, looked: Looked, asked: Asked, order: Order) -> ModelIntegration:
    target, terms = asked.target, asked.terms
    found = concerns(looked.record, target, asked.contracts, ancestors)
    accepted = sum(each.accepted for each in found)
    said = findings_of(looked.record)
    dismissed = count_dismissed(said, target)
    findings = Findings(len(found) - accepted, accepted, (), count_relations(found), dismissed)
    suppliers = tuple(map(_supplier, read_pairs("supplier", args.supplier)))
    inquired = _inquired(args, suppliers)
    method = Method(
        "scan+inquiry" if inquired else "scan",
        f"remit {__version__}",
        surfaces_of(said, frozenset(COMPLETE_WITHOUT), inquired),
        maker(),
    )
    removed = tuple(Removal(what, on) for what, on in read_pairs("removed", args.removed))
    predicate = ModelIntegration(
        order,
        target,
        Status.NOT_INQUIRED,
        Role(args.role),
        _scope(args, terms),
        method,
        findings,
        read_validity(args, read_at(args)),
        removed,
        suppliers,
        args.no_suppliers,
        verdicts_of(looked.record) if "scopes" in looked.record else None,
        args.nonce,
        read_affirmation(args),
        args.supersedes,
    )
    return replace(predicate, status=status_of(findings, removed, gaps=bool(predicate.gaps)))


def ancestors(model: str) -> Iterator[tuple[str, str]]:
    """Yield the maker and name of each model that one was derived from, and of itself under its own name."""
    lineage = lineage_of(model)
    yield from ((each.maker, each.id) for each in (lineage.model, *lineage.ancestors) if each.maker)


def _scope(args: argparse.Namespace, terms: Terms | None) -> Scope:
    """Say for whom it is stated; a contract that the register knows leaves out the files that do not serve it."""
    organisation = args.org or ("" if terms is None else terms.register.organisation)
    if not organisation:
        raise UsageError("Nothing was attested: say who states it: --org ID.")
    excluded = read_pairs("exclude", args.exclude)
    known = [] if terms is None else [scope for each in args.scope if (scope := terms.register.scope(each))]
    if known:
        serves = ", ".join(sorted({each for scope in known for each in scope.serves}))
        excluded.append((f"files outside of {serves}", "by the register they do not serve what is asked about"))
    return Scope(organisation, tuple(args.scope), (), tuple(excluded))


def _inquired(args: argparse.Namespace, suppliers: tuple[Supplier, ...]) -> dict[str, str]:
    inquired = dict(read_pairs("inquired", args.inquired))
    if suppliers or args.no_suppliers:
        inquired.setdefault(SUPPLIERS, args.no_suppliers or "each is named under suppliers")
    surfaces = [surface for surface, _ in NOT_INQUIRED]
    if unknown := sorted(set(inquired) - set(surfaces)):
        raise UsageError(
            f"Nothing was attested: {unknown[0]!r} is no surface that one asks about; they are: {'; '.join(surfaces)}."
        )
    return inquired


def _supplier(pair: tuple[str, str]) -> Supplier:
    ident, said = pair
    digest = said.removeprefix("sha256:")
    is_digest = len(digest) == sha256().digest_size * 2 and not set(digest) - set("0123456789abcdef")
    return Supplier(ident, digest) if is_digest else Supplier(ident, missing=said)

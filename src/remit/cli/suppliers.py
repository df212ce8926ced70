"""What the commands of a round of asking share: its register, the folder it is kept in, the key, and the instant."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.errors import NothingToLookAt, UsageError
from remit.terms.instant import parse_instant

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from remit.attest.signer import EnvelopeSigner
    from remit.attest.suppliers.desk import Desk
    from remit.attest.suppliers.register import Round
    from remit.attest.suppliers.resolver import Resolution
    from remit.attest.suppliers.statement import Sighting

REGISTER = "suppliers.yaml"
LARGEST_FILE = 64 * 1024 * 1024


def add_round(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which round of asking is meant."""
    group = parser.add_argument_group("round of asking")
    group.add_argument(
        "--register", metavar="FILE", default=REGISTER, help=f"who must answer, and what (default: {REGISTER})"
    )
    group.add_argument("--table", metavar="FILE", help="more suppliers, as a table of comma-separated values")
    group.add_argument(
        "--desk", metavar="FOLDER", help="where requests and answers are kept (default: desk, beside the register)"
    )


def add_at(parser: argparse.ArgumentParser, says: str) -> None:
    """Add the instant."""
    group = parser.add_argument_group("time")
    group.add_argument("--at", metavar="INSTANT", help=f"{says}, e.g. 2026-09-01 (default: now)")


def add_key(parser: argparse.ArgumentParser) -> None:
    """Add the key that signs."""
    group = parser.add_argument_group("key")
    group.add_argument(
        "--key",
        metavar="FILE",
        required=True,
        help="the key that signs: an OpenSSH key, a public key that an agent holds, or Ed25519 in PEM",
    )
    group.add_argument("--new-key", action="store_true", help="draw an Ed25519 key where the file is not there yet")


def add_evidence(parser: argparse.ArgumentParser) -> None:
    """Add what we know ourselves, against which answers are held."""
    group = parser.add_argument_group("held against the answers")
    group.add_argument(
        "--scan", action="append", default=[], metavar="SUPPLIER=FILE",
        help="what remit scan --format json found in what a supplier delivered; may be repeated",
    )  # fmt: skip
    group.add_argument(
        "--revoked", metavar="FILE", help="keys that count no longer: a KRL of ssh-keygen, or keys or fingerprints"
    )
    group.add_argument(
        "--revoked-from", metavar="INSTANT", help="from when they do not count (default: they never did)"
    )


def read_instant(args: argparse.Namespace) -> datetime:
    """Return the instant that was given, or now."""
    if args.at is None or args.at == "now":
        return datetime.now(UTC).replace(microsecond=0)
    return _instant("--at", args.at)


def _instant(option: str, text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise UsageError(f"Nothing was done: {option} {text!r} is {error}.") from error


def read_register(args: argparse.Namespace) -> Round:
    """Read the register, and the table beside it."""
    from remit.attest.suppliers.register import read_round

    path = Path(args.register)
    content = read_bytes(path, "It says who must answer; see docs/suppliers.md")
    table = None
    if args.table is not None:
        table = (Path(args.table).as_posix(), read_bytes(Path(args.table), "--table names a table of suppliers"))
    return read_round(path.as_posix(), content, table)


def desk_folder(args: argparse.Namespace) -> Path:
    """Return the folder that requests and answers are kept in."""
    return Path(args.desk) if args.desk is not None else Path(args.register).parent / "desk"


def read_bytes(path: Path, advice: str, largest: int = LARGEST_FILE) -> bytes:
    """Return the content of a file that is not too large, or raise and say what it is for."""
    try:
        if not path.is_file():
            raise NothingToLookAt(f"Nothing was done: there is no file {path}.\n  {advice}.")
        with path.open("rb") as stream:
            content = stream.read(largest + 1)
    except OSError as error:
        raise NothingToLookAt(f"Nothing was done: {path} was not read: {error.strerror}.\n  {advice}.") from error
    if len(content) > largest:
        raise UsageError(f"Nothing was done: {path} has more than {largest // 1024} KB.\n  {advice}.")
    return content


def read_key(args: argparse.Namespace) -> EnvelopeSigner:
    """Return who signs; draw a new key where that is asked for and there is none."""
    from remit.attest.signer import read_signer
    from remit.ledger.signer import FileSigner

    path = Path(args.key)
    if args.new_key and not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(FileSigner.generate().to_pem())
    return read_signer(path)


def settle(args: argparse.Namespace, at: datetime) -> Resolution:
    """Say where every supplier stands: read the register, the desk and what we know ourselves, and resolve."""
    from remit.attest.suppliers.desk import demand_desk
    from remit.attest.suppliers.resolver import Known, resolve

    rounds = _revoke(read_register(args), args)
    desk = demand_desk(desk_folder(args))
    seen = _seen(args)
    resolution = resolve(rounds, Known(tuple(desk.sent().values()), tuple(desk.answers(rounds)), seen), at)
    if unheard := sorted({each.supplier for each in seen} - set(resolution.nodes)):
        raise UsageError(f"Nothing was concluded: --scan names {unheard[0]}, and nobody of that name has to answer.")
    return resolution


def settle_after(rounds: Round, desk: Desk, at: datetime) -> Resolution:
    """Say where every supplier stands, from what lies on the desk alone."""
    from remit.attest.suppliers.resolver import Known, resolve

    return resolve(rounds, Known(tuple(desk.sent().values()), tuple(desk.answers(rounds))), at)


def _revoke(rounds: Round, args: argparse.Namespace) -> Round:
    """Add to the register the pinned keys that a list says count no longer."""
    if args.revoked is None:
        if args.revoked_from is not None:
            raise UsageError("Nothing was done: --revoked-from says since when, and --revoked which keys.")
        return rounds
    import base64

    from remit.attest.suppliers.keys import MINISIGN
    from remit.attest.suppliers.register import Revocation
    from remit.attest.trust import TrustedKey, read_revocations

    path = Path(args.revoked)
    listed = read_revocations(read_bytes(path, "--revoked names a list of keys"), path.as_posix())
    since = datetime.min.replace(tzinfo=UTC) if args.revoked_from is None else _instant(
        "--revoked-from", args.revoked_from
    )  # fmt: skip
    found = {
        key.ident
        for supplier in rounds.suppliers
        for key in supplier.keys
        if not key.ident.startswith(MINISIGN) and listed.holds(TrustedKey("", base64.b64decode(key.ident)))
    }
    return replace(
        rounds, revoked=(*rounds.revoked, *(Revocation(ident, since, since, path.name) for ident in sorted(found)))
    )


def _seen(args: argparse.Namespace) -> tuple[Sighting, ...]:
    """Read what our own scans found, each of what one supplier delivered."""
    found: list[Sighting] = []
    for given in args.scan:
        supplier, equals, name = given.partition("=")
        if not equals or not supplier or not name:
            raise UsageError(f"Nothing was done: --scan {given!r} is not SUPPLIER=FILE.")
        found.extend(_sightings(supplier, Path(name)))
    return tuple(found)


def _sightings(supplier: str, path: Path) -> Iterator[Sighting]:
    from remit.attest.suppliers.statement import Sighting

    for place, findings in read_findings(path).items():
        for maker, row in sorted(findings["makers"].items()):
            for each in row["integrations"]:
                first = next(iter(each["evidence"]), None)
                where = place if first is None else f"{place}/{first['path']}:{first['line']}"
                yield Sighting(supplier, maker, tuple(each["models"]), each["relation"], where, path.name)


def read_findings(path: Path) -> dict[str, Any]:
    """Read what `remit scan --format json` printed, by place, or take it out of a report of `remit check`."""
    from remit.ledger.strict import read_json

    content = read_bytes(path, "it is what remit scan or check prints with --format json")
    try:
        record = read_json(content.decode().strip())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"Nothing was done: {path} is no JSON of a scan: {error}.") from error
    if isinstance(record, dict) and "findings" in record and isinstance(record.get("path"), str):
        record = {record["path"]: record["findings"]}
    if not isinstance(record, dict) or not record or not all(map(_is_findings, record.values())):
        raise UsageError(f"Nothing was done: {path} does not hold what remit scan or check prints with --format json.")
    return record


def _is_findings(value: object) -> bool:
    """Tell whether a value has what is read of findings here."""
    try:
        makers = value["makers"]  # type: ignore[index]  # what is no mapping raises, and is none
        value["coverage"]["present"]  # type: ignore[index]
        rows = [each for row in makers.values() for each in row["integrations"]]
        places = [place for each in rows for place in each["evidence"]]
        return all(isinstance(each["relation"], str) and isinstance(each["models"], list) for each in rows) and all(
            isinstance(place["path"], str) and isinstance(place["line"], int) for place in places
        )
    except (KeyError, TypeError, AttributeError):
        return False

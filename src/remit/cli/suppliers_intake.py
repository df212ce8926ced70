"""`remit suppliers intake`: take answers in, keep them as they came, and give a signed receipt for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.cli.exit import Exit
from remit.cli.screen import columns, print_json, print_styled
from remit.cli.suppliers import (
    add_at,
    add_key,
    add_round,
    desk_folder,
    read_bytes,
    read_instant,
    read_key,
    read_register,
    settle_after,
)
from remit.errors import EvidenceRefused, NothingToLookAt, TermsUnusable, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from datetime import datetime

    from remit.attest.signer import EnvelopeSigner
    from remit.attest.suppliers.desk import Desk, Taken
    from remit.attest.suppliers.register import Round
    from remit.attest.suppliers.resolver import Resolution
    from remit.attest.suppliers.statement import Answer
    from remit.cli.parser import Subparsers

EPILOG = """\
FILE is an envelope of remit attest, or a filled-in request with its signature beside it as FILE.sig or FILE.minisig.
A file that cannot be read is told of and not taken in; the others are. What was forged is kept as what it is.
Exit codes: 0 all taken in and everything in them stands, 4 something does not, 2 a file was not taken in.

example:
  remit suppliers intake examples/harbour-suppliers/answers/northlight.answer.yaml --at 2026-08-26 \
--register examples/harbour-suppliers/suppliers.yaml --key quayside.pem --new-key
"""
_UNNAMED = "nobody who must answer names it, so it counts for nothing yet"


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "intake", description="Take answers in, keep them as they came, and give receipts.", epilog=EPILOG
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="answers as they came")
    parser.add_argument(
        "--transcribed-by", metavar="NAME", default="", help="who typed it in, where nobody signed it: grade E0"
    )
    parser.add_argument("--supplier", metavar="ID", default="", help="whose it is, where an envelope does not tell")
    parser.add_argument("--log", metavar="LOG", help="a log of ours to write an entry to for each answer")
    parser.add_argument("--json", action="store_true", help="print what was taken in as JSON")
    add_round(parser)
    add_key(parser)
    add_at(parser, "when it came in")


def run(args: argparse.Namespace) -> int:
    """Take in what can be read, and say where its senders stand."""
    from remit.attest.suppliers.desk import Desk

    rounds, at = read_register(args), read_instant(args)
    signer, desk = read_key(args), Desk(desk_folder(args))
    rows: list[dict[str, Any]] = []
    told: list[str] = []
    answers: list[Answer] = []
    for name in args.files:
        try:
            answer, taken, is_new = _take(Path(name), args, (rounds, desk, signer), at)
        except (EvidenceRefused, TermsUnusable, NothingToLookAt, UsageError) as refused:
            told.append(f"{name}: not taken in.\n{refused}")
            continue
        answers.append(answer)
        receipt = (desk_folder(args) / "receipts" / f"{taken.content}.json").as_posix()
        row = {"file": name, "supplier": answer.statement.supplier, "form": answer.form.value}
        rows.append({**row, "receipt": receipt, "new": is_new})
    if args.log is not None and answers:
        _log(Path(args.log), rounds, answers, quiet=args.json)
    standing = settle_after(rounds, desk, at)
    for row in rows:
        node = standing.nodes.get(row["supplier"])
        row["status"] = None if node is None else node.status.value
        row["why"] = [_UNNAMED] if node is None else list(node.says)
    if args.json:
        print_json({"taken": rows, "refused": told})
    else:
        _tell(rows)
    if told:
        raise UsageError(
            "\n".join([f"Not every answer was taken in: {len(told)} of {len(args.files)} were not.", *told])
        )
    return _exit(standing, rows)


def _exit(standing: Resolution, rows: list[dict[str, Any]]) -> Exit:
    """Say whether everything stands that was taken in, forgeries in the name of others among it."""
    from remit.attest.suppliers.status import FORGED, GREEN

    nodes = [standing.nodes.get(row["supplier"]) for row in rows]
    stands = all(node is not None and node.status in GREEN for node in nodes)
    forged = any(status in FORGED for node in nodes if node is not None for _, status, _ in node.set_aside)
    return Exit.WITHIN if stands and not forged else Exit.PARTIAL


def _tell(rows: list[dict[str, Any]]) -> None:
    taken = [
        (
            row["file"],
            row["supplier"],
            row["form"],
            f"receipt {row['receipt']}{'' if row['new'] else ', taken in before'}",
        )
        for row in rows
    ]
    _print(columns(taken))
    standing = {row["supplier"]: (row["supplier"], row["status"] or "", "; ".join(row["why"])) for row in rows}
    _print(columns(list(standing.values())))


def _print(lines: Iterable[str]) -> None:
    """Print lines in which what a supplier wrote moves no cursor."""
    print_styled([[(line.rstrip(), "")] for line in lines])


def _take(
    path: Path, args: argparse.Namespace, by: tuple[Round, Desk, EnvelopeSigner], at: datetime
) -> tuple[Answer, Taken, bool]:
    """Read an answer, keep it, and give the receipt; one that came before keeps the receipt it got."""
    from remit.attest.suppliers.answer import LARGEST_ANSWER
    from remit.attest.suppliers.original import Original, read_original
    from remit.attest.suppliers.receipt import make_receipt

    rounds, desk, signer = by
    content = read_bytes(path, "FILE is an answer as it came", LARGEST_ANSWER)
    original = Original(path.name, content, _signature(path), args.transcribed_by, args.supplier)
    answer = read_original(original, rounds, desk.sent(), at)
    taken, is_new = desk.take(replace(original, supplier=answer.statement.supplier), at, rounds.by)
    answer = replace(answer, received=taken.received)
    digest = answer.statement.digest
    if desk.receipt(digest) is None:
        desk.give(digest, make_receipt(answer, taken, rounds.by, signer))
    return answer, taken, is_new


def _signature(path: Path) -> bytes:
    """Return the signature that lies beside a file, as ssh-keygen or minisign names it."""
    for ending in (".sig", ".minisig"):
        beside = path.with_name(path.name + ending)
        if beside.is_file():
            return read_bytes(beside, "it is the signature of the answer", 16 * 1024)
    return b""


def _log(path: Path, rounds: Round, answers: list[Answer], *, quiet: bool) -> None:
    """Write an entry for each answer: that it came, from whom, and its digest."""
    from remit.cli.log_place import publish, writing
    from remit.ledger.entry import make_draft
    from remit.ledger.folder import read_folder
    from remit.ledger.kind import LOG_STREAM, Kind

    log = read_folder(path)
    drafts = [
        make_draft(
            Kind.MESSAGE,
            LOG_STREAM,
            {
                "digest": answer.statement.digest,
                "type": "supplier-answer",
                "by": answer.statement.supplier,
                "to": rounds.by,
            },
        )
        for answer in answers
    ]
    with writing(log) as writer:
        receipt = writer.commit(drafts)
    size = publish(log).size
    if not quiet:
        print(f"wrote entries {receipt.first} to {receipt.stop - 1} to the log, and published {size} entries")

"""`remit suppliers intake`: take answers in, keep them as they came, and give a signed receipt for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import columns, print_styled
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
    add_round(parser)
    add_key(parser)
    add_at(parser, "when it came in")


def run(args: argparse.Namespace) -> int:
    """Take in what can be read, and say where its senders stand."""
    from remit.attest.suppliers.desk import Desk
    from remit.attest.suppliers.status import FORGED, GREEN

    rounds, at = read_register(args), read_instant(args)
    signer, desk = read_key(args), Desk(desk_folder(args))
    rows, told, answers = [], [], []
    for name in args.files:
        try:
            answer, taken, receipt = _take(Path(name), args, (rounds, desk, signer), at)
        except (EvidenceRefused, TermsUnusable, NothingToLookAt, UsageError) as refused:
            told.append(f"{name}: not taken in.\n{refused}")
            continue
        answers.append((answer, taken))
        rows.append((name, answer.statement.supplier, answer.form, receipt))
    _print(columns(rows))
    if args.log is not None and answers:
        _log(Path(args.log), rounds, answers)
    standing = settle_after(rounds, desk, at)
    suppliers = dict.fromkeys(answer.statement.supplier for answer, _ in answers)
    nodes = [standing.nodes[ident] for ident in suppliers if ident in standing.nodes]
    unnamed = [ident for ident in suppliers if ident not in standing.nodes]
    _print(columns([(node.id, node.status, "; ".join(node.says)) for node in nodes]))
    _print(f"{ident}  nobody who must answer names it, so it counts for nothing yet" for ident in unnamed)
    if told:
        raise UsageError(
            "\n".join([f"Not every answer was taken in: {len(told)} of {len(args.files)} were not.", *told])
        )
    forged = {ident for node in nodes for ident, status, _ in node.set_aside if status in FORGED}
    stands = all(node.status in GREEN for node in nodes) and not unnamed
    return Exit.WITHIN if stands and not forged else Exit.PARTIAL


def _print(lines: Iterable[str]) -> None:
    """Print lines in which what a supplier wrote moves no cursor."""
    print_styled([[(line.rstrip(), "")] for line in lines])


def _take(
    path: Path, args: argparse.Namespace, by: tuple[Round, Desk, EnvelopeSigner], at: datetime
) -> tuple[Answer, Taken, str]:
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
    where = desk_folder(args) / "receipts" / f"{digest.removeprefix('sha256:')}.json"
    return answer, taken, f"receipt {where.as_posix()}{'' if is_new else ', taken in before'}"


def _signature(path: Path) -> bytes:
    """Return the signature that lies beside a file, as ssh-keygen or minisign names it."""
    for ending in (".sig", ".minisig"):
        beside = path.with_name(path.name + ending)
        if beside.is_file():
            return read_bytes(beside, "it is the signature of the answer", 16 * 1024)
    return b""


def _log(path: Path, rounds: Round, answers: list[tuple[Answer, Taken]]) -> None:
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
        for answer, _ in answers
    ]
    with writing(log) as writer:
        receipt = writer.commit(drafts)
    print(f"wrote entries {receipt.first} to {receipt.stop - 1} to the log, and published {publish(log).size} entries")

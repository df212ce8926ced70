"""`remit log append`: one entry, or many from a file, written durably and then published."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import add_log, clock, publish, read_file, read_log, writing
from remit.errors import EvidenceRefused, RecordUnusable, UsageError
from remit.ledger.commitment import KEY_SIZE, commit
from remit.ledger.entry import Draft, make_draft
from remit.ledger.invariants import Invariants
from remit.ledger.kind import FORMS, LOG_STREAM, KeyChange, Kind
from remit.ledger.strict import read_json
from remit.ledger.writer import write_time

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from remit.cli.parser import Subparsers
    from remit.ledger.folder import LogFolder

_MOST_AT_ONCE = 256
EPILOG = """\
A field is NAME=VALUE: what is shown in clear and counted; s=USE-CASE names the stream, which is `log` otherwise.
What follows --hide is committed to and not shown. A list is a,b and an object is written as JSON.
Lines of --file are objects with k, s, the fields, and hide. What would make the log fail to verify is not written.

example:
  remit log append examples/ledger terms tm=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 \
from=2026-04-01T00:00:00.000Z
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("append", description="Write entries to a log, and publish it.", epilog=EPILOG)
    add_log(parser)
    parser.add_argument(
        "kind", nargs="?", choices=[kind.value for kind in Kind], metavar="KIND", help="what the entry says happened"
    )
    parser.add_argument("fields", nargs="*", metavar="NAME=VALUE", help="a field that is shown in clear")
    parser.add_argument(
        "--hide", action="append", default=[], metavar="NAME=VALUE", help="a field that is only committed to"
    )
    parser.add_argument("--file", metavar="FILE", help="entries as lines of JSON, instead of one by options")
    parser.add_argument("--no-publish", action="store_true", help="leave tiles and checkpoint as they are")
    keys = parser.add_argument_group("witnesses and epochs")
    keys.add_argument("--cosignature", metavar="FILE", help="add the line a witness sent by file to the checkpoint")
    keys.add_argument("--begin-epoch", action="store_true", help="draw a new key for commitments and contents")
    keys.add_argument(
        "--destroy-epoch", type=int, metavar="NUMBER", help="destroy a key: what it sealed opens never again"
    )


def run(args: argparse.Namespace) -> int:
    """Write the entries, publish, and say where they stand."""
    log = read_log(args)
    if args.cosignature is not None:
        return _cosign(log, read_file(Path(args.cosignature)))
    drafts = _change_keys(args, log) or _drafts(args)
    _try(log, drafts)
    with writing(log) as writer:
        for start in range(0, len(drafts), _MOST_AT_ONCE):
            receipt = writer.commit(drafts[start : start + _MOST_AT_ONCE])
            print(f"wrote {_places(receipt.first, receipt.stop)} at {receipt.at}")
    if not args.no_publish:
        print(f"published {publish(log).size} entries")
    return Exit.WITHIN


def _try(log: LogFolder, drafts: Sequence[Draft]) -> None:
    """Hold the drafts against the log as a verifier would, since an entry that does not fit can never be mended."""
    store = log.open_store()
    try:
        invariants, size, streams = Invariants(), store.head().size, Counter[str]()
        for raw in store.entries(0, size):
            streams[invariants.take(raw).stream] += 1
    finally:
        store.close()
    at = write_time(clock())
    for n, draft in enumerate(drafts, start=size):
        # Any key will do here: what is committed to is no part of what is tried.
        digests = commit(bytes(KEY_SIZE), n, draft.hidden)
        try:
            invariants.take(draft.write(n, streams[draft.stream], at, 0, digests))
        except EvidenceRefused as error:
            raise UsageError(f"Nothing was written to the log: {error.says}.") from error
        streams[draft.stream] += 1


def _cosign(log: LogFolder, lines: bytes) -> int:
    store = log.open_store()
    try:
        log.publisher(store).add_lines(lines, list(log.policy.witnesses.values()))
    finally:
        store.close()
    print("added the cosignature to the checkpoint")
    return Exit.WITHIN


def _change_keys(args: argparse.Namespace, log: LogFolder) -> list[Draft]:
    """Begin or destroy an epoch, and return the entry that says so."""
    if args.begin_epoch:
        number, change = log.keyring.begin().number, KeyChange.BEGUN
    elif args.destroy_epoch is not None:
        number, change = args.destroy_epoch, KeyChange.DESTROYED
        log.keyring.destroy(number)
    else:
        return []
    return [make_draft(Kind.KEY, LOG_STREAM, {"change": change.value, "epoch": number})]


def _drafts(args: argparse.Namespace) -> list[Draft]:
    if (args.kind is None) == (args.file is None):
        raise UsageError("Nothing was written to the log: name a kind with its fields, or --file, and not both.")
    try:
        if args.file is not None:
            lines = read_file(Path(args.file)).splitlines()
            return [_read_line(line, number) for number, line in enumerate(lines, start=1) if line.strip()]
        kind = Kind(args.kind)
        fields = {name: _value(kind, name, text) for name, text in map(_pair, args.fields)}
        stream = fields.pop("s", LOG_STREAM)
        return [make_draft(kind, str(stream), fields, dict(map(_pair, args.hide)))]
    except RecordUnusable as error:
        raise UsageError(str(error)) from error


def _read_line(line: bytes, number: int) -> Draft:
    try:
        record = read_json(line.decode().strip())
    except ValueError as error:
        raise UsageError(f"Nothing was written to the log: line {number} cannot be read: {error}.") from error
    if type(record) is not dict or record.get("k") not in FORMS:
        raise UsageError(f"Nothing was written to the log: line {number} is no object with a known kind k.")
    hidden = record.pop("hide", {})
    kind, stream = Kind(record.pop("k")), record.pop("s", LOG_STREAM)
    if type(hidden) is not dict:
        raise UsageError(f"Nothing was written to the log: hide in line {number} is no object.")
    return make_draft(kind, stream, record, hidden)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"Nothing was written to the log: {text!r} is not NAME=VALUE.")
    return name, value


def _value(kind: Kind, name: str, text: str) -> object:
    """Take a text as what the field wants: itself, a number or an object, or a list parted by commas."""
    check = FORMS[kind].checks.get(name)
    if check is None or not check(text):
        return text
    try:
        value = read_json(text)
    except ValueError:
        value = text.split(",")
    return text if check(value) else value


def _places(first: int, stop: int) -> str:
    return f"entry {first}" if stop == first + 1 else f"entries {first} to {stop - 1}"

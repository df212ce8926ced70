"""`remit log stamp`: have a third party's time put on a checkpoint, by file (RFC 3161)."""

from __future__ import annotations

from pathlib import Path
from secrets import randbits
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import add_log, read_file, read_log, write_moment, write_out
from remit.errors import UsageError
from remit.ledger.checkpoint import parse_checkpoint
from remit.ledger.note import parse_note
from remit.ledger.stamps import ask_stamp, keep_stamp

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

_NONCE_BITS = 63
EPILOG = """\
The authority learns a digest and nothing else. Send the query by whatever way you have, such as:
  curl -H 'Content-Type: application/timestamp-query' \\
    --data-binary @q.tsq https://tsa.example -o r.tsr
Then: remit log stamp LOG --query q.tsq --reply r.tsr --authority CERT
Verify with: remit log verify LOG --key VKEY --authority CERT

example:
  remit log stamp examples/ledger --query q.tsq
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "stamp", description="Ask for a time stamp on the newest checkpoint, and keep the reply.", epilog=EPILOG
    )
    add_log(parser)
    parser.add_argument("--query", metavar="FILE", required=True, help="the query: written, or read beside --reply")
    reply = parser.add_argument_group("when the reply is there")
    reply.add_argument("--reply", metavar="FILE", help="what the authority answered")
    reply.add_argument("--authority", metavar="CERT", help="the certificate of the authority in PEM, from elsewhere")


def run(args: argparse.Namespace) -> int:
    """Write the query, or verify the reply and keep it."""
    if (args.reply is None) != (args.authority is None):
        raise UsageError("Nothing was stamped: --reply and --authority go together.")
    log = read_log(args)
    if args.reply is None:
        note = log.published().note
        if not parse_checkpoint(parse_note(note).text).size:
            raise UsageError("Nothing was stamped: the log has no entries.")
        write_out(Path(args.query), ask_stamp(log.site, note, randbits(_NONCE_BITS) | 1))
        print(f"wrote {args.query}, about the checkpoint of {log.published().size} entries")
        return Exit.WITHIN
    query, reply, authority = (read_file(Path(name)) for name in (args.query, args.reply, args.authority))
    stamp = keep_stamp(log.site, query, reply, authority)
    print(f"the first {stamp.size} entries were there at {write_moment(stamp.time)}")
    return Exit.WITHIN

"""`remit attest`: look, say what was found and what was not looked at, and sign it for others to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.attest.predicates.register import SHAPES, name_of
from remit.cli.exit import Exit
from remit.cli.folder import add_terms
from remit.cli.when import add_when

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

INTEGRATION, USAGE, TERMS = "model-integration", "model-usage", "terms"
EPILOG = """\
It exits with 0 once the bundle is written, whatever it says was found. What it says stands under the keys given, and a
person stands for it. A key of OpenSSH signs by itself, or by ssh-keygen where it is a security key, in an agent, or
behind a passphrase that REMIT_KEY_PASSPHRASE does not hold.

example:
  remit attest examples/harbour --order ministry-order-12 --scope harbour-watch --target meta --key examples/attest/key
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "attest", description="Sign a statement of what was looked for, where, and what was found.", epilog=EPILOG
    )
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH",
        help="a checkout, folder, file or image; for model-usage a log, for terms their folder (default: here)",
    )  # fmt: skip
    _add_question(parser)
    _add_inquiry(parser)
    _add_signing(parser)
    add_terms(parser)
    add_when(parser)


def _add_question(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is asked")
    group.add_argument(
        "--predicate", choices=sorted(map(name_of, SHAPES)), default=INTEGRATION, metavar="KIND",
        help=f"what is stated: {', '.join(sorted(map(name_of, SHAPES)))} (default: {INTEGRATION})",
    )  # fmt: skip
    group.add_argument("--schema", action="store_true", help="print the JSON Schema of that kind, and attest nothing")
    group.add_argument("--order", metavar="ID[@VERSION]", help="the order that asks (default version: 1)")
    group.add_argument(
        "--order-file", metavar="FILE", help="the text of the order, for its digest (default: from terms)"
    )
    group.add_argument(
        "--scope", action="append", default=[], metavar="CONTRACT", help="for which contract; repeatable"
    )
    group.add_argument("--target", metavar="MAKER", help="whose models are looked for")
    group.add_argument(
        "--model", action="append", default=[], metavar="NAME", help="only these, as halden's heron-*; repeatable"
    )
    group.add_argument("--named-only", action="store_true", help="leave out models derived from theirs")
    group.add_argument("--nonce", metavar="NONCE", help="what the asking party gave, so that it knows this answers it")


def _add_inquiry(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it was looked at")
    group.add_argument("--from-scan", metavar="FILE", help="findings.json of an earlier bundle about the same contents")
    group.add_argument("--with-changes", action="store_true", help="also take what is not committed, by its digest")
    group.add_argument("--name", default="", metavar="NAME", help="what to call the place (default: its own name)")
    group.add_argument(
        "--inquired",
        action="append",
        default=[],
        metavar="SURFACE=HOW",
        help="what no file shows, and how it was asked",
    )
    group.add_argument("--exclude", action="append", default=[], metavar="WHAT=WHY", help="what is left out, and why")
    group.add_argument(
        "--removed", action="append", default=[], metavar="WHAT=DATE", help="what was taken out, and when; repeatable"
    )
    group.add_argument(
        "--supplier", action="append", default=[], metavar="ID=DIGEST",
        help="a supplier with the SHA-256 of its statement, or with what is missing; repeatable",
    )  # fmt: skip
    group.add_argument("--no-suppliers", metavar="WHY", help="why there is no supplier to name")
    group.add_argument("--no-cache", action="store_true", help="scan anew")
    group.add_argument(
        "--record", metavar="FILE", help="the predicate as JSON, for removal, reconciliation, receipt and assessment"
    )
    group.add_argument(
        "--first", type=int, default=0, metavar="N", help="model-usage: begin at this entry (default: 0)"
    )
    group.add_argument("--stop", type=int, metavar="N", help="model-usage: end before this entry (default: the end)")
    group.add_argument("--policy", metavar="FILE", help="model-usage: whose log counts (default: the log's own)")


def _add_signing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("who states it")
    group.add_argument(
        "--key", action="append", default=[], metavar="FILE",
        help="a key of OpenSSH, its public part for an agent, or Ed25519 in PEM; may be repeated",
    )  # fmt: skip
    group.add_argument("--signer", default="", metavar="WHO", help="the name that the key stands under")
    group.add_argument("--org", default="", metavar="ID", help="who states it (default: from the register)")
    group.add_argument(
        "--role", choices=["developer", "operator", "integrator", "service-provider"], default="integrator",
        metavar="ROLE", help="what they are to the contract (default: integrator)",
    )  # fmt: skip
    group.add_argument("--affirmed-by", metavar="'NAME, ROLE'", help="the person who stands for it")
    group.add_argument(
        "--standard", default="reasonable inquiry", metavar="WORDS", help="by which care (default: reasonable inquiry)"
    )
    group.add_argument("--valid", default="90d", metavar="LENGTH", help="for how long it counts (default: 90d)")
    group.add_argument("--supersedes", metavar="DIGEST", help="the SHA-256 of an earlier statement that it replaces")
    group.add_argument(
        "--output", default="attestation", metavar="DIR", help="the folder to make (default: attestation)"
    )


def run(args: argparse.Namespace) -> int:
    """Look, state, sign and write."""
    if args.schema:
        from remit.attest.predicates.register import published_schema
        from remit.cli.screen import print_json

        print_json(published_schema(args.predicate))
        return Exit.WITHIN
    match args.predicate:
        case "model-integration":
            from remit.cli.attest_integration import attest_integration

            return attest_integration(args)
        case "model-usage":
            from remit.cli.attest_usage import attest_usage

            return attest_usage(args)
        case "terms":
            from remit.cli.attest_terms import attest_terms

            return attest_terms(args)
        case _:
            from remit.cli.attest_record import attest_record

            return attest_record(args)

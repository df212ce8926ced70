"""`remit verify`: a signed statement and what goes with it, step by step, by a key that came from elsewhere.

It needs `cryptography` and nothing else, unless it is asked to look or to decide again.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from remit.attest.declarations import say_status
from remit.attest.files import SIGNER_PEM, SIGNERS, read_bundle
from remit.attest.grade import NOT_SHOWN, say_grade
from remit.attest.predicates.model_integration import ModelIntegration
from remit.attest.trust import Trust, read_allowed_signers, read_key, read_revocations
from remit.attest.verify import Expected, Question, Repetition, verify_bundle
from remit.cli.exit import Exit
from remit.errors import NothingToLookAt, UsageError
from remit.ledger.policy import parse_policy
from remit.terms.instant import parse_instant

if TYPE_CHECKING:
    import argparse

    from remit.attest.verify import Verification
    from remit.cli.parser import Subparsers

EPILOG = """\
Every step says pass, FAIL or not checked; the first that fails ends it. A key that lies in the bundle shows
nothing, and is taken only where --trust-key-inside says so.
Exit codes: 0 what was checked holds, 12 something does not, 3 there is no bundle.

example:
  remit attest examples/harbour --order ministry-order-12 --scope harbour-watch --target meta --key examples/attest/key
  remit verify attestation --allowed-signers examples/attest/allowed_signers --order ministry-order-12
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("verify", description="Verify a signed statement and its bundle.", epilog=EPILOG)
    parser.add_argument("bundle", nargs="?", metavar="BUNDLE", help="a folder that attest wrote, or one envelope")
    trust = parser.add_argument_group("whom to trust")
    trust.add_argument("--allowed-signers", metavar="FILE", help="keys with their principals, as ssh-keygen has them")
    trust.add_argument("--key", metavar="FILE", help="a public key of OpenSSH, or an Ed25519 one in PEM")
    trust.add_argument(
        "--trust-key-inside", action="store_true", help="take the key in the bundle, which shows nothing"
    )
    trust.add_argument("--identity", default="", metavar="WHO", help="the principal who must have signed it")
    trust.add_argument("--revoked", metavar="FILE", help="a KRL, or a list of keys or fingerprints")
    trust.add_argument("--log-policy", metavar="FILE", help="whose log and witnesses count, where a proof is inside")
    asked = parser.add_argument_group("what was asked")
    asked.add_argument("--order", default="", metavar="ID[@VERSION]", help="the order that it must answer")
    asked.add_argument("--scope", default="", metavar="CONTRACT", help="the contract that it must be about")
    asked.add_argument("--subject", default="", metavar="DIGEST", help="a digest that it must be about")
    asked.add_argument("--nonce", default="", metavar="NONCE", help="what the asking party gave")
    again = parser.add_argument_group("looking again")
    again.add_argument("--rescan", metavar="PATH", help="scan the same contents again, and compare")
    again.add_argument("--redecide", metavar="TERMS", help="decide again by these terms, and compare")
    parser.add_argument_group("time").add_argument("--at", metavar="INSTANT", help="when it must count (default: now)")
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="print the steps as JSON")
    output.add_argument(
        "--write-script", metavar="FILE", help="write this verifier as one file that needs Python alone"
    )


def run(args: argparse.Namespace) -> int:
    """Verify and print; a step that failed gives the code of a refusal."""
    if args.write_script is not None:
        return _write_script(args)
    if args.bundle is None:
        raise UsageError("Nothing was verified: name a bundle.")
    files = read_bundle(Path(args.bundle))
    result = verify_bundle(files, _question(args, files))
    if args.json:
        print(json.dumps(_record(result), indent=2, sort_keys=True, ensure_ascii=False))
    else:
        _tell(result)
    return Exit.WITHIN if result.refused is None else Exit.REFUSED


def _question(args: argparse.Namespace, files: dict[str, bytes]) -> Question:
    order, at, version = args.order.partition("@")
    if at and not version.isdecimal():
        raise UsageError(f"Nothing was verified: {version!r} is no version of an order; write {order}@2.")
    expected = Expected(order, int(version) if at else None, args.scope, args.subject, args.nonce)
    policy = None if args.log_policy is None else parse_policy(_read(args.log_policy))
    return Question(_trust(args, files), _read_at(args.at), expected, policy, _repetitions(args))


def _trust(args: argparse.Namespace, files: dict[str, bytes]) -> Trust:
    given = [option for option in (args.allowed_signers, args.key, args.trust_key_inside or None) if option is not None]
    if len(given) != 1:
        raise UsageError(
            "Nothing was verified: say whom to trust, in one way:"
            " --allowed-signers FILE, --key FILE or --trust-key-inside.\n"
            "  A key that lies beside what it signs shows nothing; get it by another way."
        )
    revoked = None if args.revoked is None else read_revocations(_read(args.revoked), args.revoked)
    if args.allowed_signers is not None:
        keys = read_allowed_signers(_read(args.allowed_signers), args.allowed_signers)
    elif args.key is not None:
        keys = read_key(_read(args.key), args.key)
    elif SIGNERS in files:
        keys = read_allowed_signers(files[SIGNERS], SIGNERS)
    elif SIGNER_PEM in files:
        keys = read_key(files[SIGNER_PEM], SIGNER_PEM)
    else:
        raise UsageError("Nothing was verified: there is no key inside.")
    return Trust(keys, revoked, pinned=not args.trust_key_inside, identity=args.identity)


def _repetitions(args: argparse.Namespace) -> dict[str, Repetition]:
    if args.rescan is None and args.redecide is None:
        return {}
    _demand_whole("remit.cli.verify_again")
    from remit.cli.verify_again import SURFACES, decide_again, rescan

    found = {}
    if args.rescan is not None:
        found["rescan"] = Repetition(lambda verified: rescan(verified, Path(args.rescan), args.redecide), SURFACES)
    if args.redecide is not None:
        found["redecide"] = Repetition(lambda verified: decide_again(verified, Path(args.redecide)))
    return found


def _demand_whole(module: str) -> None:
    """Raise where this is the single file that verifies, which can neither look again nor write itself."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise UsageError("Nothing was verified: this is the verifier alone, and that needs the whole of Remit.")


def _read_at(text: str | None) -> datetime:
    if text is None or text == "now":
        return datetime.now(UTC)
    try:
        return parse_instant(text)
    except ValueError as error:
        raise UsageError(f"Nothing was verified: --at {text!r} is {error}.") from error


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise NothingToLookAt(f"Nothing was read: {name}: {error.strerror}.") from error


def _tell(result: Verification) -> None:
    width = max(len(step.name) for step in result.steps)
    for step in result.steps:
        print(f"{step.number:>2} {step.name:<{width}}  {step.outcome:<11}  {_shown(step.says)}")
    print()
    if result.refused is not None:
        print(f"refused at the step {result.refused.name}; do not rely on it")
        return
    verified = result.demand()
    for subject in verified.statement.subjects:
        print(f"about {subject.name}: {', '.join(f'{name}:{value}' for name, value in sorted(subject.digest.items()))}")
    if isinstance(verified.predicate, ModelIntegration):
        print(say_status(verified.predicate))
    print(f"grade {result.grade}: {say_grade(result.grade)}")
    for part, grade in sorted(result.grades.items(), key=lambda row: (row[1], row[0])):
        print(f"  {grade} {part}")
    for limit in NOT_SHOWN:
        print(f"  not shown: {limit}")


def _shown(text: str) -> str:
    """Show what comes out of a file without letting it move the cursor."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _record(result: Verification) -> dict[str, object]:
    verified = result.verified if result.refused is None else None
    return {
        "steps": [
            {"number": step.number, "step": step.name, "outcome": step.outcome.value.lower(), "says": step.says}
            for step in result.steps
        ],
        "refused": None if result.refused is None else result.refused.name,
        "grade": None if verified is None else result.grade.value,
        "grades": {part: grade.value for part, grade in result.grades.items()},
        "signed_by": [] if verified is None else [key.principal for key in verified.signers],
        "statement": None if verified is None else verified.statement.as_dict(),
        "not_shown": list(NOT_SHOWN),
    }


def _write_script(args: argparse.Namespace) -> int:
    _demand_whole("remit.attest.script")
    from remit.attest.script import write_script

    path = Path(args.write_script)
    try:
        with path.open("xb") as file:
            file.write(write_script())
    except OSError as error:
        raise UsageError(f"Nothing was written: {path}: {error.strerror}.") from error
    print(f"Wrote {path}; python -I {path} BUNDLE --allowed-signers FILE")
    return Exit.WITHIN

"""What the kinds of `remit attest` share: the keys, the person, the time, and the bundle that is written."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from remit.attest.files import ABOUT, write_bundle
from remit.attest.predicates.parts import Affirmation, Validity
from remit.attest.signer import read_signer
from remit.attest.subject import name_place
from remit.attest.trust import Trust
from remit.attest.verify import Question, verify_bundle
from remit.cli.exit import Exit
from remit.errors import EvidenceRefused, UsageError
from remit.terms.instant import parse_instant, parse_length

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from remit.attest.signer import EnvelopeSigner
    from remit.attest.subject import Git, Named

PASSPHRASE = "REMIT_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable, and no secret.


def read_signers(args: argparse.Namespace) -> tuple[EnvelopeSigner, ...]:
    """Return who signs, in the order of the keys given."""
    if not args.key:
        raise UsageError("Nothing was attested: name the key that signs it: --key FILE.")
    held = os.environ.get(PASSPHRASE)
    passphrase = None if held is None else held.encode()
    name = args.signer or args.org
    return tuple(read_signer(Path(key), passphrase, name=name) for key in args.key)


def read_affirmation(args: argparse.Namespace) -> Affirmation | None:
    """Return the person who stands for it; nobody where none is named."""
    if args.affirmed_by is None:
        return None
    name, comma, role = args.affirmed_by.partition(",")
    if not comma or not name.strip() or not role.strip():
        raise UsageError("Nothing was attested: --affirmed-by is a name and a role: 'R. Amadi, security officer'.")
    return Affirmation(name.strip(), role.strip(), args.standard)


def read_at(args: argparse.Namespace) -> datetime:
    """Return the instant that it is stated at, now by default."""
    if args.at is None or args.at == "now":
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return parse_instant(args.at)
    except ValueError as error:
        raise UsageError(f"Nothing was attested: --at {args.at!r} is {error}.") from error


def read_validity(args: argparse.Namespace, at: datetime) -> Validity:
    """Return from when and until when it counts."""
    try:
        return Validity(at, at + parse_length(args.valid))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"Nothing was attested: --valid {args.valid!r} is {error}.") from error


def read_pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    """Read options of the form WHAT=MORE."""
    pairs = [row.partition("=") for row in given]
    if wrong := [row for row, (what, _, more) in zip(given, pairs, strict=True) if not what or not more]:
        raise UsageError(f"Nothing was attested: --{option} {wrong[0]!r} has not the form of two texts around a =.")
    return [(what.strip(), more.strip()) for what, _, more in pairs]


def demand_absent(args: argparse.Namespace) -> Path:
    """Return the folder to make, and raise where it is there, before anything is looked at."""
    path = Path(args.output)
    if path.exists() or path.is_symlink():
        raise UsageError(f"Nothing was attested: {path} is there already; name another folder with --output.")
    return path


def git_in(path: Path) -> Git:
    """Return what runs git in a place."""

    def run(*words: str) -> bytes:
        from remit.scan.revision import run_git

        return run_git(path, *words)

    return run


def name(args: argparse.Namespace) -> Named:
    """Name what lies at the path given."""
    path = Path(args.path)
    return name_place(path, git_in(path), name=args.name, with_changes=args.with_changes)


def put_out(args: argparse.Namespace, files: Mapping[str, bytes], signers: Sequence[EnvelopeSigner], says: str) -> Exit:
    """Verify a bundle by the keys that signed it, write it, and tell."""
    at = read_at(args)
    trust = Trust(tuple(signer.key for signer in signers))
    try:
        verify_bundle(files, Question(trust, at)).demand()
    except EvidenceRefused as refused:
        raise UsageError(
            f"Nothing was written: the bundle would not verify at {refused.step}: {refused.says}."
        ) from refused
    path = demand_absent(args)
    write_bundle(path, files)
    print(says)
    print(f"Wrote {path}; how to check it stands in {path / ABOUT}")
    return Exit.WITHIN

"""What the commands of a log share: its folder, whom to trust, the clock, and how a result is told."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from remit.errors import NothingToLookAt, UsageError
from remit.ledger.folder import POLICY, PUBLIC, is_folder, read_folder
from remit.ledger.grade import MEANINGS, grade_of, not_shown
from remit.ledger.policy import parse_policy
from remit.ledger.site import FolderSite
from remit.ledger.writer import Writer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from remit.ledger.folder import LogFolder
    from remit.ledger.grade import Grade
    from remit.ledger.policy import VerifiedCheckpoint, WitnessPolicy
    from remit.ledger.publisher import Publication


def add_log(parser: argparse.ArgumentParser) -> None:
    """Add the folder of a log that is kept here."""
    parser.add_argument("log", metavar="LOG", help="the folder of the log")


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add a place that may be a log, what it publishes, or a parcel out of it, and whom to trust there."""
    parser.add_argument("place", metavar="PLACE", help="the folder of a log, its public part, or an exported parcel")
    add_trust(parser)


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add the options that say whose signatures count."""
    group = parser.add_argument_group("whom to trust")
    group.add_argument(
        "--key", metavar="VKEY", help="the key of the log, name+ID+base64, from elsewhere than the place"
    )
    group.add_argument("--policy", metavar="FILE", help="a policy with the log, its witnesses and a quorum")
    group.add_argument(
        "--trust-key-inside", action="store_true", help="take the policy that lies in the place, which shows nothing"
    )


def read_trust(args: argparse.Namespace, place: Path) -> tuple[WitnessPolicy, bool]:
    """Return whose signatures count, and whether that came from elsewhere than the place."""
    given = [option for option in (args.key, args.policy, args.trust_key_inside or None) if option is not None]
    if len(given) != 1:
        raise UsageError(
            "Nothing was verified: say whom to trust, in one way: --key VKEY, --policy FILE or --trust-key-inside.\n"
            "  A key that lies beside what it signs shows nothing; get it by another way."
        )
    if args.key is not None:
        return parse_policy(f"log {args.key}\nquorum none\n".encode()), True
    if args.policy is not None:
        return parse_policy(read_file(Path(args.policy))), True
    return parse_policy(read_file(place / POLICY)), False


def read_place(args: argparse.Namespace) -> tuple[FolderSite, Path]:
    """Return the published files of a place, which may be the folder of a log, and its path."""
    path = Path(args.place)
    if not path.is_dir():
        raise NothingToLookAt(f"Nothing was verified: there is no folder {path}.")
    return FolderSite(path / PUBLIC if is_folder(path) else path), path


def read_file(path: Path) -> bytes:
    """Return the content of a file that was named."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise NothingToLookAt(f"Nothing was read: {path}: {error.strerror}.") from error


def read_log(args: argparse.Namespace) -> LogFolder:
    """Return the log whose folder was named."""
    return read_folder(Path(args.log))


@contextmanager
def writing(log: LogFolder) -> Iterator[Writer]:
    """Open a writer for a log, with the clock of this machine."""
    log.open_store().close()
    writer = Writer(log.open_store, log.keyring, clock)
    try:
        yield writer
    finally:
        writer.close()


def clock() -> datetime:
    """Look at the clock."""
    return datetime.now(UTC)


def publish(log: LogFolder) -> Publication:
    """Publish what the log holds, ask its witnesses, and tell which of them did not answer."""
    store = log.open_store()
    try:
        publication = log.publisher(store).publish(log.witnesses())
    finally:
        store.close()
    for name, says in publication.silent.items():
        print(f"not cosigned by {name}: {says}")
    return publication


def tell_grade(verified: VerifiedCheckpoint, *, pinned: bool, recounted: bool) -> None:
    """Print the grade, who stands for it, and what it does not show."""
    grade = grade_of(verified, pinned=pinned, recounted=recounted)
    print(f"grade {grade}: {MEANINGS[grade]}")
    for name, made in sorted(verified.cosigned_by.items()):
        print(f"  cosigned by {name} at {write_seconds(made.time)}")
    if not pinned:
        print("  by a key that lay in the place itself; nobody but its keeper stands for it")
    print("not shown:")
    for line in not_shown(verified):
        print(f"  {line}")


def grade_record(verified: VerifiedCheckpoint, grade: Grade) -> dict[str, object]:
    """Return the same for machines."""
    checkpoint = verified.checkpoint
    return {
        "cosigned_by": {name: write_seconds(made.time) for name, made in verified.cosigned_by.items()},
        "grade": grade.value,
        "meaning": MEANINGS[grade],
        "not_shown": list(not_shown(verified)),
        "origin": checkpoint.origin,
        "root": checkpoint.root.hex(),
        "size": checkpoint.size,
    }


def print_counts(counts: Mapping[str, Mapping[str, int]]) -> None:
    """Print counts, a line for each mark of each stream."""
    for stream, marks in sorted(counts.items()):
        for mark, number in sorted(marks.items()):
            print(f"{number:>9} {stream} {mark}")


def write_seconds(seconds: int) -> str:
    """Write a time of a witness."""
    return write_moment(datetime.fromtimestamp(seconds, UTC))


def write_moment(moment: datetime) -> str:
    """Write an instant in UTC."""
    return moment.isoformat().replace("+00:00", "Z")


def print_record(record: object) -> None:
    """Print a record as JSON, sorted and indented."""
    print(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False))


def write_out(path: Path, content: bytes) -> None:
    """Write a file that was asked for; never over one that is there."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise UsageError(f"Nothing was written: {path} is there already.") from error

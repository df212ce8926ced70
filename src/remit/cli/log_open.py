"""`remit log open`: fields of entries that were committed to, shown with what proves that they are those."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import add_log, read_file, read_log
from remit.errors import UsageError
from remit.ledger.checkpoint import write_checkpoint
from remit.ledger.commitment import open_disclosure
from remit.ledger.entry import read_entry
from remit.ledger.folder import POLICY
from remit.ledger.parcel import Sample, write_frame, write_opened, write_sample
from remit.ledger.sampling import choose_entries
from remit.ledger.sidecar import open_contents
from remit.ledger.site import CHECKPOINT, FolderSite

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.ledger.folder import LogFolder
    from remit.ledger.reader import PublishedLog

EPILOG = """\
A sample is drawn from the checkpoint and a nonce of the verifier's, who names it only after the checkpoint is fixed.
300 entries find a lie in one of a hundred with 95 in 100, and 3,000 one in a thousand.

example:
  remit log open examples/ledger 2 --field purpose
  remit log open examples/ledger --sample 5 --nonce 8f14e45fceea167a5a36dedd4bea2543 --out parcel
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("open", description="Open fields of entries, chosen or drawn.", epilog=EPILOG)
    add_log(parser)
    parser.add_argument("n", nargs="*", type=int, metavar="N", help="the place of an entry to open")
    parser.add_argument("--sample", type=int, metavar="COUNT", help="draw so many entries instead of choosing")
    parser.add_argument("--nonce", type=_nonce, metavar="HEX", help="the verifier's nonce, at least 16 bytes")
    parser.add_argument(
        "--field", action="append", default=[], metavar="NAME", help="open this field alone (default: all of them)"
    )
    parser.add_argument("--out", metavar="PARCEL", help="write them into a parcel that others can verify")


def _nonce(text: str) -> bytes:
    return bytes.fromhex(text)


def run(args: argparse.Namespace) -> int:
    """Open the entries, print their fields, and write the parcel if one is wanted."""
    log = read_log(args)
    published = log.published()
    sample = _sample(args)
    chosen = args.n if sample is None else _draw(published, sample)
    opened = {n: _open(log, published, n, args.field) for n in chosen}
    if args.out is not None:
        place = _parcel(Path(args.out), published, log)
        for n, disclosures in opened.items():
            write_opened(place, published, n, disclosures or ())
        if sample is not None:
            write_sample(place, sample)
    for n, disclosures in opened.items():
        _tell(published, n, disclosures)
    return Exit.WITHIN


def _sample(args: argparse.Namespace) -> Sample | None:
    if (args.sample is None) != (args.nonce is None):
        raise UsageError("Nothing was opened: --sample and --nonce go together.")
    if (args.sample is None) == (not args.n):
        raise UsageError("Nothing was opened: name places, or --sample with --nonce, and not both.")
    return None if args.sample is None else Sample(args.nonce, args.sample)


def _draw(log: PublishedLog, sample: Sample) -> list[int]:
    checkpoint = log.checkpoint
    text = write_checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root)
    return choose_entries(text, sample.nonce, sample.number, log.size)


def _open(log: LogFolder, published: PublishedLog, n: int, names: list[str]) -> list[bytes] | None:
    """Return the disclosures of an entry, or None where its contents cannot be opened any more."""
    entry = read_entry(published.entry(n)[0])
    if "_sd" not in entry.fields:
        return []
    store = log.open_store()
    try:
        sealed = store.contents(n)
    finally:
        store.close()
    epoch = log.keyring.find(entry.fields["ep"])
    if sealed is None or epoch is None:
        return None
    disclosures = open_contents(entry, sealed, epoch)
    digests = entry.fields["_sd"]
    return [text for text in disclosures if not names or open_disclosure(text, digests)[0] in names]


def _parcel(path: Path, published: PublishedLog, log: LogFolder) -> FolderSite:
    """Return the place of a parcel, which is new, or of the same checkpoint."""
    path.mkdir(parents=True, exist_ok=True)
    place = FolderSite(path)
    found = place.read(CHECKPOINT)
    if (found is not None and found != published.note) or (found is None and any(path.iterdir())):
        raise UsageError(f"Nothing was written: {path} holds something else than a parcel of this checkpoint.")
    if found is None:
        write_frame(place, published, read_file(log.path / POLICY))
    return place


def _tell(published: PublishedLog, n: int, disclosures: list[bytes] | None) -> None:
    entry = read_entry(published.entry(n)[0])
    print(f"entry {n}: {entry.kind} in {entry.stream} at {entry.at}")
    digests = entry.fields.get("_sd", ())
    if disclosures is None:
        print("  cannot be opened: its contents were forgotten, or the key of its epoch was destroyed")
        return
    for text in disclosures:
        name, value = open_disclosure(text, digests)
        print(f"  {name}: {value}")
    if closed := len(digests) - len(disclosures):
        print(f"  {closed} fields stay closed")

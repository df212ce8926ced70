"""`remit init`: a folder of terms to start from, with packs added if they are asked for; it never overwrites."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import DEFAULT
from remit.cli.screen import columns, print_lines
from remit.errors import RemitError, TermsUnusable, UsageError, say_refused
from remit.terms.fields import say_unknown
from remit.terms.folder import INSTRUMENTS, REGISTER, load_terms
from remit.terms.starter import Pack, add_rows, starter_files

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

ROWS = "register.yaml"
ABOUT = "README.md"

EPILOG = """\
Where FOLDER holds a register already, packs are added to it: their instruments as new files,
their rows below those that stand there. Without --pack nothing is written then.

example:
  remit init
  remit init remit --pack eu-ai-act
  remit init --list
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("init", description="Start a folder of terms, and ask nothing.", epilog=EPILOG)
    parser.add_argument("folder", nargs="?", default=DEFAULT, metavar="FOLDER", help="where (default: remit)")
    packs = parser.add_argument_group("packs")
    packs.add_argument("--pack", action="append", default=[], metavar="NAME", help="add a pack; may be given again")
    packs.add_argument("--list", action="store_true", help="list the packs and write nothing")


def run(args: argparse.Namespace) -> int:
    """Write a starter, or add packs to the terms that stand there."""
    if args.list:
        print_lines(columns([(pack.name, pack.says) for pack in _every_pack()]))
        return Exit.WITHIN
    folder = Path(args.folder)
    packs = [_pack_named(name) for name in dict.fromkeys(args.pack)]
    adding = bool(packs) and (folder / REGISTER).exists()
    if adding:
        load_terms(folder)
    new = {} if adding else starter_files(datetime.now(UTC).date())
    register = (folder / REGISTER).read_text(encoding="utf-8") if adding else new.pop(REGISTER)
    notes: list[str] = []
    for pack in packs:
        register, kept = add_rows(register, pack.rows)
        notes.extend(kept)
        new |= pack.files
    _refuse_to_overwrite(folder, [*new] if adding else [*new, REGISTER])
    _judge_first(folder, new | {REGISTER: register})
    # The register comes last, so that a folder is no folder of terms until everything it needs is there.
    _write(folder, new | {REGISTER: register})
    print_lines(f"Wrote {folder / path}" for path in new)
    print(f"{'Added rows to' if adding else 'Wrote'} {folder / REGISTER}")
    print_lines(f"  {note}" for note in notes)
    return Exit.WITHIN


def _every_pack() -> list[Pack]:
    """Read the packs that ship with Remit, by name."""
    with as_file(files("remit") / "packs") as place:
        return [_read_pack(path) for path in sorted(place.iterdir()) if (path / ROWS).is_file()]


def _pack_named(name: str) -> Pack:
    packs = {pack.name: pack for pack in _every_pack()}
    if name not in packs:
        raise UsageError(f"Nothing was written: {name}: {say_unknown('pack', name, packs)}\n  See: remit init --list")
    return packs[name]


def _read_pack(place: Path) -> Pack:
    """Read one pack; its instruments get a folder of their own, so that names of files cannot meet."""
    about = (place / ABOUT).read_text(encoding="utf-8")
    says = next(line for line in about.splitlines() if line and not line.startswith("#"))
    paths = [place / ABOUT, *sorted((place / INSTRUMENTS).glob("*.yaml"))]
    return Pack(
        place.name,
        says,
        (place / ROWS).read_text(encoding="utf-8"),
        {f"{INSTRUMENTS}/{place.name}/{path.name}": path.read_text(encoding="utf-8") for path in paths},
    )


def _refuse_to_overwrite(folder: Path, paths: list[str]) -> None:
    there = [str(folder / path) for path in paths if (folder / path).exists()]
    if there:
        raise UsageError(
            f"Nothing was written: {', '.join(there)} {'exists' if len(there) == 1 else 'exist'} already.\n"
            f"  Not written: {', '.join(str(folder / path) for path in paths)}\n"
            "  Name another folder, or with --pack a pack that is to be added to this one."
        )


def _judge_first(folder: Path, new: dict[str, str]) -> None:
    """Read the terms as they would be, in another place, so that what is written has no fault."""
    with TemporaryDirectory() as name:
        place = Path(name)
        stands = folder / INSTRUMENTS
        for path in stands.rglob("*") if stands.is_dir() else ():
            if path.is_file():
                _put(place / path.relative_to(folder), path.read_bytes())
        for written, text in new.items():
            _put(place / written, text.encode())
        try:
            load_terms(place)
        except TermsUnusable as error:
            told = str(error).partition("\n")[2]
            raise UsageError(f"Nothing was written: the terms would have faults.\n{told}") from error


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write(folder: Path, new: dict[str, str]) -> None:
    """Write every file beside its place, and put them in place only when all of them could be written."""
    beside = {folder / path: (folder / path).with_name(f".{Path(path).name}.new") for path in new}
    try:
        for other, text in zip(beside.values(), new.values(), strict=True):
            _put(other, text.encode())
        for path, other in beside.items():
            other.replace(path)
    except OSError as error:
        for other in filter(Path.exists, beside.values()):
            other.unlink()
        raise RemitError(f"The terms were not written: {say_refused(error)}.") from error

"""The folder of terms a command works on: the option `--terms`, and where it is looked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.terms.folder import REGISTER, load_terms

if TYPE_CHECKING:
    import argparse

    from remit.terms.terms import Terms

DEFAULT = "remit"


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Add the folder as the command's own argument."""
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="the folder of terms (default: remit)")


def add_terms(parser: argparse.ArgumentParser) -> None:
    """Add the folder as an option of a command that works on something else."""
    parser.add_argument("--terms", metavar="FOLDER", help="the folder of terms (default: remit)")


def find_folder(given: str | None, near: Path | None = None) -> Path:
    """Return the folder: the one given; else `remit` within the path looked at, else `remit` here.

    A folder given that holds no register, but has one in its `remit`, means that one.
    """
    if given is not None:
        folder = Path(given)
        return (
            folder / DEFAULT
            if not (folder / REGISTER).is_file() and (folder / DEFAULT / REGISTER).is_file()
            else folder
        )
    if near is not None and (near / DEFAULT / REGISTER).is_file():
        return near / DEFAULT
    return Path(DEFAULT)


def read_folder(args: argparse.Namespace) -> Terms:
    """Load the terms of the folder that is the command's own argument."""
    return load_terms(find_folder(args.folder))

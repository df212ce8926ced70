"""Where the output of a scan or a check goes: printed in one form, or written to files by the ends of their names."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.screen import print_styled, screen_width
from remit.errors import RemitError, UsageError
from remit.scan.formats.form import CYCLONEDX_VERSIONS, SUFFIXES, Form, form_of, write

if TYPE_CHECKING:
    import argparse

    from remit.scan.formats.inventory import Inventory


def add_output(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options that say in which form, and where to."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format", type=_form, choices=list(Form), default=Form.TEXT, metavar="FORM",
        help=f"how to print: {', '.join(Form)} (default: text)",
    )  # fmt: skip
    group.add_argument(
        "--output", action="append", default=[], metavar="FILE",
        help=f"write to a file, in the form of --format or of its ending ({' '.join(SUFFIXES)}); may be repeated",
    )  # fmt: skip
    group.add_argument(
        "--cyclonedx-version", choices=CYCLONEDX_VERSIONS, default=CYCLONEDX_VERSIONS[0], metavar="VERSION",
        help=f"which CycloneDX to write: {', '.join(CYCLONEDX_VERSIONS)} (default: {CYCLONEDX_VERSIONS[0]})",
    )  # fmt: skip
    group.add_argument(
        "--timestamp", default="", metavar="INSTANT",
        help="the time of making that CycloneDX and SPDX state, such as 2026-09-01T12:00:00Z (default: none)",
    )  # fmt: skip
    return group


def _form(word: str) -> Form:
    try:
        return Form(word)
    except ValueError:
        raise ArgumentTypeError(f"there is no form {word!r}; choose from {', '.join(Form)}") from None


def forms_of(args: argparse.Namespace) -> dict[str, Form]:
    """Tell the form of each file asked for, or raise before anything is looked at."""
    forms = {name: form_of(name) or (args.format if args.format is not Form.TEXT else None) for name in args.output}
    if unclear := [name for name, form in forms.items() if form is None]:
        raise UsageError(
            f"Nothing was written: the end of {unclear[0]} tells no form.\n"
            f"  End it in one of {' '.join(SUFFIXES)}, or name the form with --format."
        )
    _check_places(args.output)
    if args.timestamp:
        _check_timestamp(args.timestamp)
    return {name: form for name, form in forms.items() if form is not None}


def _check_places(names: list[str]) -> None:
    """Refuse what could not be written, before the time is spent on what would stand there."""
    seen = set()
    for name in names:
        path = Path(name).resolve()
        if path in seen:
            raise UsageError(f"Nothing was written: {name} is the file of another --output; name one for each.")
        seen.add(path)
        if path.is_dir():
            raise UsageError(f"Nothing was written: {name} is a folder.")
        above = next(each for each in path.parents if each.exists())
        if not above.is_dir():
            raise UsageError(f"Nothing was written: {above} is a file, and no folder for {path.name}.")


def _check_timestamp(text: str) -> None:
    from remit.terms.instant import parse_instant, write_instant

    try:
        plain = write_instant(parse_instant(text)) == text
    except ValueError:
        plain = False
    if not plain:
        raise UsageError(f"Nothing was written: --timestamp {text!r} is no instant such as 2026-09-01T12:00:00Z.")


def put_out(inventory: Inventory, args: argparse.Namespace) -> None:
    """Write the files that were asked for, or else print."""
    forms = forms_of(args)
    for name, form in forms.items():
        text = write(form, inventory, timestamp=args.timestamp, cyclonedx=args.cyclonedx_version)
        try:
            write_beside(Path(name), text)
        except OSError as error:
            raise RemitError(f"The report was not written to {name}: {error.strerror or error}.") from error
    if forms:
        return
    if args.format is Form.TEXT:
        print_styled(_lines(inventory))
        return
    print(write(args.format, inventory, timestamp=args.timestamp, cyclonedx=args.cyclonedx_version), end="")


def _lines(inventory: Inventory) -> list[list[tuple[str, str]]]:
    """The lines for a terminal; only there are the notes of a report wrapped."""
    if inventory.report is not None:
        from remit.scan.formats.terminal import terminal_lines

        return list(terminal_lines(inventory.report, screen_width()))
    from remit.scan.formats.listing import listing_lines

    return [line for findings in inventory.findings for line in listing_lines(findings, screen_width())]


def says_sarif(args: argparse.Namespace) -> bool:
    """Tell whether SARIF is asked for, whose readers take the codes 10 and 11 for a failure of the tool."""
    return Form.SARIF in (forms_of(args).values() or {args.format})


def write_beside(path: Path, text: str) -> None:
    """Write a file whole or not at all: beside its place first, and then renamed."""
    import tempfile  # Most runs print, and it takes a while to import.

    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(text)
        Path(beside).chmod(0o666 & ~_umask())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

"""The parser of one command's words, which raises where argparse would print and exit."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from remit.errors import UsageError


class CommandParser(argparse.ArgumentParser):
    """Argparse, strict and in our words; subparsers made from one are of this class too."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - argparse names and types its own settings.
        # An abbreviation that works today is another option's name tomorrow, and changes a script's meaning.
        settings.setdefault("allow_abbrev", False)
        # The example under `epilog` keeps its lines.
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings)

    def error(self, message: str) -> NoReturn:
        """Raise, so that a wrong call is told the way every other error is."""
        usage = self.format_usage().strip()
        raise UsageError(f"{self.prog} did not run: {message}\n  {usage}\n  See: {self.prog} --help")


if TYPE_CHECKING:
    # What `add_to` is handed; argparse has no public name for it.
    Subparsers = argparse._SubParsersAction[CommandParser]  # noqa: SLF001 - as said above.


def place_for(name: str) -> Subparsers:
    """Make the place that a command adds its own parser to."""
    family = name.split()[:-1]
    return CommandParser(prog=" ".join(["remit", *family])).add_subparsers()

"""The parser of one command's words, which raises where argparse would print and exit."""

from __future__ import annotations

import argparse
import re
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn

from remit.errors import UsageError


class HelpFormatter(argparse.HelpFormatter):
    """Argparse's, but with a note and an example after the options.

    1. The note begins a line where a line of the source ends with a sentence, and is filled to the terminal's width.
    2. Lines that are indented keep their words; a command too long for the terminal goes on after a backslash.
    3. A choice that has a name of its own is told under its option, and not in the line of usage.
    """

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if not action.choices or action.metavar is None:
            return action.help
        among = ", ".join(map(str, action.choices))
        return action.help if among in (action.help or "") else f"{action.help}: {among}"

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:  # noqa: ARG002 - argparse hands it in.
        lines: list[str] = []
        for line in _paragraphs(text):
            if line.startswith("  remit "):
                lines += _continued(line, width)
            elif line.startswith(" "):
                lines.append(line)
            else:
                lines += textwrap.wrap(line, width, break_on_hyphens=False) or [""]
        return "\n".join(lines)


def _paragraphs(text: str) -> Iterator[str]:
    """Join the lines that end within a sentence, as the source breaks them by its own width (1)."""
    held = ""
    for line in text.splitlines():
        whole = f"{held} {line}" if held else line
        if whole and not whole.startswith(" ") and not whole.endswith((".", ":", "?")):
            held = whole
        else:
            yield whole
            held = ""
    if held:
        yield held


def _continued(line: str, width: int) -> list[str]:
    """Break a command before an option, so that what is shown can be copied into a shell as it stands (2)."""
    command, mark, said = line.strip().partition("  # ")
    parts: list[str] = []
    for word in _WORD.findall(command):
        if parts and parts[-1].startswith("--") and " " not in parts[-1] and not word.startswith("--"):
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) + len("    \\ ") > width:
            lines.append(f"  {part}")
        else:
            lines[-1] = f"{lines[-1]} {part}" if lines[-1] else part
    if mark and len(lines[-1]) + len(mark) + len(said) + 2 > width:
        return [*(f"  {each} \\" for each in lines[:-1]), f"  {lines[-1]}", f"    # {said}"]
    return [*(f"  {each} \\" for each in lines[:-1]), f"  {lines[-1]}{mark}{said}"]


_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+""")


class CommandParser(argparse.ArgumentParser):
    """Argparse, strict and in our words; subparsers made from one are of this class too."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - argparse names and types its own settings.
        # An abbreviation that works today is another option's name tomorrow, and changes a script's meaning.
        settings.setdefault("allow_abbrev", False)
        settings.setdefault("formatter_class", HelpFormatter)
        super().__init__(**settings)

    def parse_known_args(self, *args: Any, **named: Any) -> tuple[Any, list[str]]:  # noqa: ANN401 - as argparse has it.
        """Take `--json` for `--format json` wherever there is one, so that nobody need know which says which."""
        form = self._option_string_actions.get("--format")
        if form is not None and "--json" not in self._option_string_actions:
            for choice in (choice for choice in form.choices or () if choice == "json"):
                self.add_argument("--json", dest=form.dest, action="store_const", const=choice, help=argparse.SUPPRESS)
        return super().parse_known_args(*args, **named)

    def error(self, message: str) -> NoReturn:
        """Raise, so that a wrong call is told the way every other error is."""
        usage = self.format_usage().strip()
        raise UsageError(f"{self.prog} did not run: {message}\n  {usage}\n  See: {self.prog} --help")


if TYPE_CHECKING:
    from collections.abc import Iterator

    # What `add_to` is handed; argparse has no public name for it.
    Subparsers = argparse._SubParsersAction[CommandParser]  # noqa: SLF001 - as said above.


def place_for(name: str) -> Subparsers:
    """Make the place that a command adds its own parser to."""
    family = name.split()[:-1]
    return CommandParser(prog=" ".join(["remit", *family])).add_subparsers()

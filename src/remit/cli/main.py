"""The entry: imports the one command asked for, and turns what goes wrong into words and a code.

1. `remit --help` imports no command, so that it answers at once.
2. The first line of an error says what did not happen.
3. An exception nobody foresaw is Remit's fault and exits with 1, so that it never looks like a verdict.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from remit import __version__
from remit.cli.commands import COMMANDS, FAMILIES, module_of, named_by, overview
from remit.cli.exit import Exit, for_error
from remit.errors import ExtraMissing, RemitError, UsageError, say_refused

if TYPE_CHECKING:
    from collections.abc import Sequence

EXTRA_OF = {
    "ahocorasick_rs": "check",
    "holidays": "clock",
    "httptools": "serve",
    "icalendar": "clock",
    "jinja2": "console",
    "msgspec": "serve",
    "opentelemetry": "otel",
    "pathspec": "check",
    "prometheus_client": "serve",
    "rich": "check",
    "tree_sitter": "check",
    "tree_sitter_javascript": "check",
    "tree_sitter_typescript": "check",
    "tzdata": "clock",
    "uvicorn": "serve",
    "uvloop": "serve",
    "webauthn": "console",
    "yaml": "check",
}
"""Which extra brings a module that need not be installed."""

TRACEBACK = "--traceback"
HELP = ("-h", "--help")


def main(given: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if given is None else given)
    wants_traceback = TRACEBACK in words
    words = [word for word in words if word != TRACEBACK]
    _accept_any_text()
    try:
        code = _run(words)
        # Lines still held back may fail to be written, which is to be noticed while it can be told.
        sys.stdout.flush()
    except RemitError as error:
        code = _tell(str(error), for_error(error))
    except KeyboardInterrupt:
        code = _tell("The command did not finish: it was interrupted.", Exit.INTERRUPTED)
    except BrokenPipeError:
        code = Exit.UNREAD
        _abandon_output()
    except Exception as error:  # noqa: BLE001 - (3) whatever it is, it must not pass for a verdict.
        _abandon_output()
        if wants_traceback:
            import traceback

            traceback.print_exception(error)
        code = _tell(_unforeseen(error), Exit.FAILED)
    return int(code)


def _run(words: list[str]) -> int:
    if not words:
        raise UsageError(f"Nothing was done: remit needs a command.\n\n{overview()}")
    if words[0] in HELP:  # (1)
        print(overview())
        return Exit.WITHIN
    if words == ["--version"]:
        print(f"remit {__version__}")
        return Exit.WITHIN
    if words[0] in FAMILIES and len(words) == 1:
        raise UsageError(f"Nothing was done: remit {words[0]} needs a command.\n\n{overview(words[0])}")
    if words[0] in FAMILIES and words[1] in HELP:
        print(overview(words[0]))
        return Exit.WITHIN
    return _run_command(named_by(words), words)


def _run_command(name: str, words: list[str]) -> int:
    # Needed by commands alone, and most of what `remit --help` would otherwise spend.
    from importlib import import_module

    from remit.cli.parser import place_for

    try:
        command = import_module(module_of(name))
        subparsers = place_for(name)
        command.add_to(subparsers)
        *family, last = name.split()
        try:
            parser, given = subparsers.choices[last], words[len(family) + 1 :]
            # Facts may follow options; what stands behind -- is no option, which argparse knows in the plain way only.
            args = parser.parse_args(given) if "--" in given else parser.parse_intermixed_args(given)
        except SystemExit:
            # Argparse ends this way once it has printed the help; its errors are raised as ours.
            return Exit.WITHIN
        return int(command.run(args))
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if error.name == module_of(name):
            raise RemitError(f"remit {name} did not run: this version does not have it yet.") from error
        if missing in EXTRA_OF:
            if not set(HELP).isdisjoint(words):
                # Its options need what is not there; what it is for, and how to get it, can be said all the same.
                print(f"remit {name}: {COMMANDS[name]}", file=sys.stderr)
            raise ExtraMissing(name, missing, EXTRA_OF[missing]) from error
        raise


def _unforeseen(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The command did not finish: {say_refused(error)}.\n  The system refused it; nothing can be concluded."
    return (
        f"The command did not finish: {type(error).__name__}: {error}\n"
        f"  This is a fault of Remit, not a verdict; the same command with {TRACEBACK} shows where it lies."
    )


def _tell(message: str, code: Exit) -> Exit:  # (2)
    print(message, file=sys.stderr)
    return code


def _accept_any_text() -> None:
    """Let through what the terminal cannot show: a file's name may hold bytes that are no text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _abandon_output() -> None:
    """Point the output nowhere, or Python would try to write the rest as it exits, and fail a second time."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)

"""The entry: what it prints, what it exits with, and what it says when something went wrong."""

import argparse
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from types import ModuleType

import pytest

from remit import __version__
from remit.cli.commands import COMMANDS, module_of
from remit.cli.exit import Exit
from remit.cli.main import EXTRA_OF, main
from remit.errors import NothingToLookAt, RecordUnusable, RemitError, TermsUnusable, UsageError

Run = Callable[[argparse.Namespace], int]
Stand = Callable[[Run], None]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Puts a command of the test's own where `remit why` lives."""

    def put(run: Run) -> None:
        def add_to(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
            parser = subparsers.add_parser("why", description="Stands in.", epilog="example:\n  remit why")
            parser.add_argument("--at", help="when", type=int)

        command = ModuleType(module_of("why"))
        vars(command).update(add_to=add_to, run=run)
        monkeypatch.setitem(sys.modules, module_of("why"), command)

    return put


def raising(error: BaseException) -> Run:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


@pytest.mark.parametrize("words", [["--help"], ["-h"]])
def test_help_lists_every_command_with_what_it_does(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    shown = capsys.readouterr().out
    for name, summary in COMMANDS.items():
        assert f"  {name:<17} {summary}\n" in shown


def test_help_fits_a_terminal_of_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_help_for_a_family_lists_its_commands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["terms", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "terms timeline" in shown
    assert "catalogue" not in shown


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"remit {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Nothing was done: remit needs a command."),
        (["terms"], "Nothing was done: remit terms needs a command."),
        (["--at"], "Nothing was done: remit itself has no option --at."),
        (["chekc"], "Nothing was done: remit has no command 'chekc'."),  # misspelt on purpose
        (["qqq"], "Nothing was done: remit has no command 'qqq'.\n  See: remit --help\n"),
    ],
    ids=str,
)
def test_a_wrong_call_says_so_and_exits_with_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == Exit.MISUSED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["chekc"], ["check"]),  # misspelt on purpose
        (["terms", "chek"], ["terms check"]),  # misspelt on purpose
        (["timeline"], ["terms timeline"]),
        (["show"], ["log show", "catalogue show"]),
    ],
    ids=str,
)
def test_a_mistyped_command_is_answered_with_the_one_meant(
    words: list[str], meant: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == Exit.MISUSED
    hints = capsys.readouterr().err.splitlines()[1:]
    assert hints[: len(meant)] == [f"  Did you mean: remit {name}" for name in meant]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["why", "--til"], "remit why did not run: unrecognized arguments: --til"),
        (["why", "--at", "noon"], "remit why did not run: argument --at: invalid int value: 'noon'"),
        (["why", "--a", "1"], "remit why did not run: unrecognized arguments: --a 1"),
    ],
    ids=str,
)
def test_a_wrong_option_says_so_and_exits_with_2(
    words: list[str], said: str, stand_in: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(lambda _: 0)
    assert main(words) == Exit.MISUSED
    assert capsys.readouterr().err.startswith(said)


def test_the_help_of_a_command_exits_with_0_and_keeps_the_lines_of_its_example(
    stand_in: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(raising(AssertionError("help must not run the command")))
    assert main(["why", "--help"]) == 0
    assert capsys.readouterr().out.endswith("example:\n  remit why\n")


@pytest.mark.parametrize("code", [0, 3, 4, 10, 11])
def test_the_code_of_the_command_is_the_code_of_remit(code: int, stand_in: Stand) -> None:
    stand_in(lambda _: code)
    assert main(["why"]) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("Nothing was done."), Exit.MISUSED),
        (TermsUnusable([]), Exit.MISUSED),
        (NothingToLookAt("Nothing was looked at."), Exit.NOTHING),
        (RecordUnusable("$", "is of type float"), Exit.FAILED),
        (RemitError("Nothing was done."), Exit.FAILED),
        (OSError(28, "No space left on device"), Exit.FAILED),
        (ZeroDivisionError("by zero"), Exit.FAILED),
        (ModuleNotFoundError("No module named 'zzz'", name="zzz"), Exit.FAILED),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_went_wrong_decides_the_code_and_is_said_without_a_traceback(
    error: BaseException, code: Exit, stand_in: Stand, capfd: pytest.CaptureFixture[str]
) -> None:
    stand_in(raising(error))
    assert main(["why"]) == code
    said = capfd.readouterr().err
    assert said
    assert "Traceback" not in said


def test_a_fault_of_remit_is_shown_where_it_lies_when_asked(stand_in: Stand, capfd: pytest.CaptureFixture[str]) -> None:
    stand_in(raising(ZeroDivisionError("by zero")))
    assert main(["why", "--traceback"]) == Exit.FAILED
    said = capfd.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert "The command did not finish: ZeroDivisionError: by zero" in said


def test_a_missing_extra_says_how_to_get_it(stand_in: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in(raising(ModuleNotFoundError("No module named 'yaml'", name="yaml")))
    assert main(["why"]) == Exit.FAILED
    assert capsys.readouterr().err == (
        'remit why did not run: it needs yaml, which is not installed.\n  pip install "remit[check]"\n'
    )


def test_the_help_of_a_command_whose_extra_is_missing_says_what_it_is_for_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def add_to(_: object) -> None:
        raise ModuleNotFoundError("No module named 'yaml'", name="yaml")

    command = ModuleType(module_of("why"))
    vars(command).update(add_to=add_to)
    monkeypatch.setitem(sys.modules, module_of("why"), command)
    assert main(["why", "--help"]) == Exit.FAILED
    assert capsys.readouterr().err == (
        f"remit why: {COMMANDS['why']}\n"
        'remit why did not run: it needs yaml, which is not installed.\n  pip install "remit[check]"\n'
    )


def test_every_module_that_an_extra_brings_is_known_with_its_extra() -> None:
    said: dict[str, set[str]] = {}
    for line in requires("remit") or []:
        name, _, extra = line.partition("extra ==")
        if extra and "all" not in extra:
            said.setdefault(re.split(r"[^\w-]", name, maxsplit=1)[0].replace("_", "-"), set()).add(extra.strip(" '\""))
    modules = packages_distributions()
    brought = {
        module: said[each.replace("_", "-").lower()]
        for module, places in modules.items()
        for each in places
        if each.replace("_", "-").lower() in said and not module.startswith("_")
    }
    assert brought
    wrong = {module: extras for module, extras in brought.items() if EXTRA_OF.get(module) not in extras}
    assert wrong == {}


@pytest.mark.parametrize(
    "words",
    [["key", "list"], ["key", "revoke", "id"], ["stats"], ["approvals"], ["report", "interference"], ["log", "replay"]],
    ids=" ".join,
)
def test_a_folder_that_is_no_state_of_a_gateway_is_said_to_be_none(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--state", str(tmp_path)]) == Exit.NOTHING
    assert f"{tmp_path} is no state of a gateway; remit serve makes one." in capsys.readouterr().err


def test_a_name_that_is_neither_folder_nor_commit_is_said_to_be_neither(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["terms", "diff", "nowhere", "--terms", str(tmp_path)]) == Exit.NOTHING
    said = f"Nothing was compared: nowhere is no folder, and {tmp_path} is in no git repository to look it up in.\n"
    assert capsys.readouterr().err == said


def test_a_witness_whose_address_is_taken_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = Path(__file__).parents[2] / "examples/witness/logs"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        words = ["--name", "witness.example/w1", "--key", str(tmp_path / "w.pem"), "--new-key", "--logs", str(logs)]
        state = ["--state", str(tmp_path / "witness")]
        assert main(["witness", "serve", *words, *state, "--listen", place]) == Exit.MISUSED
    assert capsys.readouterr().err.startswith(f"Nothing is served: {place} cannot be listened on: ")


def test_a_command_that_this_version_lacks_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(COMMANDS, "foresee", "not written")
    assert main(["foresee"]) == Exit.FAILED
    assert capsys.readouterr().err == "remit foresee did not run: this version does not have it yet.\n"


def test_a_reader_who_stops_reading_causes_no_noise(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as broken:
        ran = subprocess.run(
            [sys.executable, "-m", "remit", "--help"],
            cwd=tmp_path,
            stdout=broken,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (Exit.UNREAD, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_output_that_cannot_be_written_is_a_failure_and_not_a_verdict(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "remit", "--version"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == Exit.FAILED
    assert ran.stderr.startswith("The command did not finish: ")


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    look = "import sys; from remit.cli import main; main._accept_any_text(); print('a\\udcff')"
    ran = subprocess.run([sys.executable, "-c", look], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == "a\\udcff\n"

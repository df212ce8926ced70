"""Every command in the table is there, says what it does, and shows an example that runs."""

import shlex
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from remit.cli.commands import COMMANDS, FAMILIES, module_of
from remit.cli.main import EXTRA_OF
from remit.cli.parser import CommandParser, place_for
from tests.house.console import ROOT, block_of_help, remit, run_block

BEGUN = "the command has no module yet"
HEAVY = {*EXTRA_OF, "argparse", "cryptography", "difflib"}


def parser_of(name: str) -> CommandParser:
    if find_spec(module_of(name)) is None:
        pytest.skip(f"{name}: {BEGUN}")
    subparsers = place_for(name)
    import_module(module_of(name)).add_to(subparsers)
    last = name.rsplit(maxsplit=1)[-1]
    assert list(subparsers.choices) == [last], "a file adds the one command it is named after"
    return subparsers.choices[last]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_for_itself_and_for_every_option(name: str) -> None:
    parser = parser_of(name)
    assert parser.description, "its help says what it does"
    silent = [action.dest for action in parser._actions if not action.help]
    assert silent == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_fits_a_terminal_of_eighty_columns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = parser_of(name).format_help()
    assert [line for line in said.splitlines() if len(line) > 80] == []


def test_an_example_that_is_too_long_goes_on_after_a_backslash_and_stays_the_same_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    line = 'remit why --terms a/folder/of/terms --by "R. Amadi, compliance" --at 2026-09-01 --output inquiry.html'
    said = CommandParser(epilog=f"A sentence that ends\non the next line. Another.\n\nexample:\n  {line}").format_help()
    assert "A sentence that ends on the next line. Another.\n" in said
    shown = said.partition("example:\n")[2]
    assert "\\\n    --" in shown
    assert shlex.split(shown.replace("\\\n", "")) == shlex.split(line)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_in_a_commands_help_runs(name: str, tmp_path: Path) -> None:
    block = block_of_help(name, parser_of(name).epilog or "")
    assert block.invocations, "its epilog shows an example, on a line that begins with two spaces and remit"
    assert name in {invocation.name for invocation in block.invocations}
    if not (ROOT / "examples").is_dir():
        pytest.skip("examples/ does not stand yet")
    run_block(block, tmp_path)


def test_every_file_that_adds_a_command_is_in_the_table() -> None:
    files = (ROOT / "src/remit/cli").glob("*.py")
    adding = {f"remit.cli.{path.stem}" for path in files if "\ndef add_to(" in path.read_text(encoding="utf-8")}
    assert adding <= {module_of(name) for name in COMMANDS}


def test_no_name_is_both_a_command_and_a_family() -> None:
    assert not FAMILIES & set(COMMANDS)


def test_asking_for_help_imports_no_command_and_nothing_it_does_not_need(tmp_path: Path) -> None:
    look = (
        "import sys; from remit.cli.main import main; code = main(['--help']);"
        f"heavy = {sorted(HEAVY)!r}; print([name for name in heavy if name in sys.modules], file=sys.stderr);"
        "sys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", look], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "[]\n")


def test_the_installed_module_answers(tmp_path: Path) -> None:
    assert remit("--help", within=tmp_path).stdout.startswith("usage: remit COMMAND")

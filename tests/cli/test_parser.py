"""Every command with a form for machines takes `--json` for it."""

from __future__ import annotations

import pytest

from remit.cli.parser import CommandParser
from remit.scan.formats.form import Form


@pytest.mark.parametrize("choices", [["text", "json"], list(Form)])
def test_json_is_another_word_for_the_form_of_that_name(choices: list[str]) -> None:
    parser = CommandParser(prog="remit")
    parser.add_argument("--format", choices=choices, default="text")
    assert parser.parse_args(["--json"]).format == "json"
    assert parser.parse_args(["--json"]).format is next(each for each in choices if each == "json")
    assert parser.parse_args([]).format == "text"


def test_a_command_without_such_a_form_takes_no_such_word() -> None:
    parser = CommandParser(prog="remit")
    parser.add_argument("--format", choices=["text", "ics"], default="text")
    with pytest.raises(Exception, match="unrecognized arguments: --json"):
        parser.parse_args(["--json"])

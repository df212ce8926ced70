"""What approvers are shown: everything the terms name, nothing that hides, and nothing that is not so."""

import json

import pytest

from remit.gateway.oversight.shown import Sheet, make_sheet, visible
from tests.gateway.oversight.scene import a_call, decision_of, terms_with

TERMS = terms_with("approvals: {of: officer}, expires_in: 10m")
ALWAYS = ["tool", "effect", "arguments", "rule", "model", "use-case", "requester", "unknown"]


def sheet(*asked: str, given: dict[str, str] | None = None, **more: str) -> Sheet:
    decision = decision_of(TERMS, more.get("tool", "crane"))
    return make_sheet(a_call(TERMS, **more), decision, TERMS.register, asked, given or {})


def test_some_parts_are_always_there_and_in_one_order() -> None:
    assert [name for name, _ in sheet().parts] == ALWAYS
    assert dict(sheet().parts)["rule"] == "halden/wait: Nothing moves by itself."
    assert dict(sheet().parts)["tool"] == "crane: moves the crane"


def test_a_part_is_known_given_or_an_argument_and_is_missing_otherwise() -> None:
    asked = sheet("facts", "conversation", "berth", "map", given={"conversation": "Move it."})
    parts = dict(asked.parts)
    assert parts["conversation"] == "Move it."
    assert parts["berth"] == "4"
    assert "tool.effect: operate-infrastructure (configured)" in parts["facts"]
    assert asked.missing == ("map",)


def test_what_is_empty_is_not_shown_and_so_is_missing() -> None:
    assert sheet("conversation", given={"conversation": ""}).missing == ("conversation",)


def test_a_tool_that_nobody_registered_is_said_to_be_unknown() -> None:
    parts = dict(sheet(tool="winch").parts)
    assert parts["tool"] == "winch, which the register does not know"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("berth 4", "berth 4"),
        ("Zürich, 京都\n\tok", "Zürich, 京都\n\tok"),
        ("berth \u202e4\u202c", "berth ⟨U+202E⟩4⟨U+202C⟩"),
        ("a\u200bb\u2028c\x00", "a⟨U+200B⟩b⟨U+2028⟩c⟨U+0000⟩"),
        ("a\u2800b", "a⟨U+2800⟩b"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("x\ud800", "x⟨U+D800⟩"),
        ("a\rb", "a⟨U+000D⟩b"),
    ],
)
def test_what_does_not_show_as_itself_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "arguments", ['{"n": 1.10}', '{"a": 1, "a": 2}', "rm -rf /", "[1, 2]", '{"n": 1e3}', "{", '{"a": NaN}', '{"n": -0}']
)
def test_arguments_that_might_read_otherwise_when_spread_stay_as_they_are(arguments: str) -> None:
    assert dict(sheet(arguments=arguments).parts)["arguments"] == arguments


def test_plain_arguments_are_spread_and_still_say_the_same() -> None:
    text = '{"lift": "container 7", "berth": 4, "ü": [true, null]}'
    spread = dict(sheet(arguments=text).parts)["arguments"]
    assert "\n" in spread
    assert json.loads(spread) == json.loads(text)


def test_any_change_of_what_is_shown_changes_what_a_vote_is_bound_to() -> None:
    one = sheet("berth")
    assert one.digest != sheet().digest
    assert one.digest != sheet("berth", arguments='{"berth": 5}').digest
    assert one.digest != Sheet(one.parts, ("map",)).digest
    assert Sheet.from_record(one.record()) == one

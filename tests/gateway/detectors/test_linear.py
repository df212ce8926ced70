from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from remit.errors import UsageError
from remit.gateway.detectors.features import features_of
from remit.gateway.detectors.labelled import LabelledRow, read_rows
from remit.gateway.detectors.linear import EFFECTS, NEITHER, LinearDetector, built_in, read_detector
from remit.gateway.detectors.measure import Share, measure
from remit.gateway.detectors.training import cross_validate, train
from remit.terms.attribute import EFFECTS as KNOWN

ROOT = Path(__file__).parents[3]
ROWS = read_rows((ROOT / "examples/detector/labelled.csv").read_text(encoding="utf-8"), "labelled.csv")
DEVELOPMENT = ROOT.parent / "shared" / "boundaries" / "dev.csv"


def test_words_are_read_out_of_names_of_tools() -> None:
    assert features_of("fireControl.engage_target") == features_of("fire control engage target")
    assert features_of("") == []
    assert features_of("\ud800 half a pair") != []


def test_the_shipped_file_is_what_its_rows_make() -> None:
    if not DEVELOPMENT.is_file():
        pytest.skip(f"the labelled rows do not stand at {DEVELOPMENT}")
    content = DEVELOPMENT.read_bytes()
    shipped = built_in()
    assert shipped.made_from["sha256"] == sha256(content).hexdigest()
    made = train(read_rows(content.decode(), "dev.csv"))
    again = replace(made, made_from=shipped.made_from, measured=shipped.measured)
    assert again.to_json() == shipped.to_json()


def test_the_shipped_file_is_small_and_says_how_often_it_is_wrong() -> None:
    shipped = built_in()
    assert len(shipped.to_json()) < 1_000_000
    assert set(shipped.classes) == set(EFFECTS) == set(shipped.measured["classes"])
    assert set(EFFECTS.values()) <= set(KNOWN)
    for figures in shipped.measured["classes"].values():
        assert 0.3 < figures["recall"]["low"] < figures["recall"]["high"] < 0.9
    assert {"lookalike", "ordinary", "other_harm"} == set(shipped.measured["false_alarms"])


def test_the_same_rows_give_the_same_weights() -> None:
    assert train(ROWS).to_json() == train(list(ROWS)).to_json()


def test_what_was_learnt_is_told_apart() -> None:
    detector = train(ROWS)
    assert [detector.label(row.text) for row in ROWS] == [row.label for row in ROWS]
    assert read_detector(detector.to_json(), "again").to_json() == detector.to_json()
    assert detector.label("") == NEITHER
    assert LinearDetector({}).label("anything") == NEITHER


def test_a_row_is_judged_by_weights_that_never_saw_it() -> None:
    # A word that one row alone has cannot be known from any other row.
    rows = [LabelledRow(f"w{number} x{number}", "violence" if number < 3 else NEITHER) for number in range(40)]
    assert "violence" not in cross_validate(rows)
    assert "violence" in [train(rows).label(row.text) for row in rows]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({"form": "other", "bits": 13}),
        train(ROWS).to_json().replace('weights": "', 'weights": "AAAA'),
    ],
)
def test_what_is_no_file_of_weights_is_refused(content: str) -> None:
    with pytest.raises(UsageError, match="no file of weights"):
        read_detector(content, "weights.json")


def test_a_text_that_touches_no_group_of_words_is_of_no_class() -> None:
    detector = built_in()
    for text in ("Send a letter.", "write", "get weather"):
        assert detector.label(text) == NEITHER


def test_a_share_has_the_interval_of_wilson() -> None:
    # Values of Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    assert [round(bound, 4) for bound in Share(81, 263).bounds] == [0.2553, 0.3662]
    assert [round(bound, 4) for bound in Share(15, 148).bounds] == [0.0624, 0.1605]
    assert [round(bound, 4) for bound in Share(0, 20).bounds] == [0.0, 0.1611]
    assert [round(bound, 4) for bound in Share(1, 29).bounds] == [0.0061, 0.1718]
    assert Share(0, 0).bounds == (0.0, 1.0)


def test_figures_count_what_was_found_and_what_was_taken_for_it() -> None:
    rows = [
        LabelledRow("a", "force"),
        LabelledRow("b", "force"),
        LabelledRow("c", NEITHER, "prompt", "lookalike"),
        LabelledRow("d", NEITHER, "prompt", ""),
    ]
    figures = measure(rows, ["force", NEITHER, "force", NEITHER])
    (force,) = figures.classes
    assert (force.recall, force.precision) == ((1, 2), (1, 2))
    assert figures.false_alarms == (("lookalike", (1, 1)), ("other", (0, 1)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no column text or label"),
        ("text\nx\n", "no column label"),
        ("text,label\n", "no rows"),
        ("text,label\nx,\n", r":2 lacks a text or a label"),
        ('text,label\n"' + "x" * 1_100_000 + '",a\n', "field larger"),
    ],
)
def test_rows_that_cannot_be_read_are_named(content: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_rows(content, "rows.csv")

"""The labelled public repositories, and how a scan of them is scored."""

from __future__ import annotations

import re

import pytest

from bench.corpus.labels import Labels, read, sets
from bench.corpus.score import Found, Score, differences, table

LABELS = Labels(
    repository="quayside/parley",
    commit="0" * 40,
    verdict="integrated",
    makers=frozenset({"anthropic", "other:halden"}),
    debatable=frozenset({"other:orrin"}),
    agents=frozenset({"anthropic"}),
    files=frozenset({"ask.py", "talk.py"}),
    indirect=frozenset({"main.py"}),
    either=frozenset({"uv.lock"}),
    decoys=frozenset({"authors.py"}),
)


def scored(found: Found) -> Score:
    score = Score()
    score.add(LABELS, found)
    return score


def test_what_may_be_named_or_left_out_counts_for_nothing() -> None:
    found = Found(
        makers=frozenset({"anthropic", "other:halden", "other:orrin"}),
        files=frozenset({"ask.py", "talk.py", "uv.lock", "main.py"}),
        agents=frozenset({"anthropic"}),
        verdict="integrated",
    )
    without = Found(
        frozenset({"anthropic", "other:halden"}), frozenset({"ask.py", "talk.py"}), frozenset({"anthropic"})
    )
    for given in (found, without):
        score = scored(given)
        assert (str(score.makers), str(score.files), str(score.agents)) == ("1.000 / 1.000",) * 3
    assert scored(found).indirect == [1, 1]
    assert scored(without).indirect == [0, 1]


def test_a_decoy_and_a_miss_are_counted_and_told_of() -> None:
    found = Found(frozenset({"anthropic", "google"}), frozenset({"ask.py", "authors.py"}), verdict="optional")
    score = scored(found)
    assert (score.files.right, score.files.false, score.files.missed) == (1, 1, 1)
    assert score.decoys == [1, 1]
    assert list(differences(LABELS, found)) == [
        "missed other:halden",
        "false google",
        "missed file talk.py",
        "false file authors.py, a decoy",
        "missed indirect file main.py",
        "missed agent anthropic",
        "says optional, labelled integrated",
    ]


def test_a_verdict_that_is_open_or_not_given_is_not_judged() -> None:
    assert scored(Found(frozenset(), frozenset())).verdicts == []
    assert "none given" in table([("b", scored(Found(frozenset(), frozenset())))])


@pytest.mark.parametrize("name", sets())
def test_the_labels_of_a_set_place_each_file_once(name: str) -> None:
    labelled = read(name)
    assert len({labels.repository for labels in labelled}) == len(labelled) >= 24
    for labels in labelled:
        assert re.fullmatch(r"[0-9a-f]{40}", labels.commit)
        placed = [*labels.files, *labels.indirect, *labels.either, *labels.decoys]
        assert len(set(placed)) == len(placed), labels.repository
        assert labels.verdict in {"", "integrated", "optional", "test-only", "devtool", "history-only", "none"}

"""`remit check` on places that hold little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_an_empty_folder_is_nothing_to_look_at_and_not_within_the_terms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, terms = tmp_path / "place", tmp_path / "terms"
    place.mkdir()
    assert main(["init", str(terms)]) == 0
    assert main(["check", str(place), "--terms", str(terms)]) == 3
    assert capsys.readouterr().err.startswith("Nothing was checked: there is no file in ")


def test_a_place_without_models_is_within_and_says_where_it_looked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, terms = tmp_path / "place", tmp_path / "terms"
    place.mkdir()
    (place / "plain.py").write_text("print('nothing here')\n", encoding="utf-8")
    assert main(["init", str(terms)]) == 0
    assert main(["check", str(place), "--terms", str(terms)]) == 0
    assert "1 of 1 file" in capsys.readouterr().out

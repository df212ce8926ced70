"""What is attested is about contracts that the register has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.main import main

if TYPE_CHECKING:
    import pytest


def test_a_contract_that_the_register_does_not_have_is_not_attested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    words = ["--order", "ministry-order-12", "--target", "meta", "--key", "examples/attest/key"]
    out = ["--output", str(tmp_path / "out")]
    assert main(["attest", "examples/harbour", *words, *out, "--scope", "harbour-wach"]) == 2  # misspelt on purpose
    assert "did you mean harbour-watch?" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

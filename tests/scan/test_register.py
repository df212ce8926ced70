"""Every detector is named, registered and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from remit.scan.detectors.register import DETECTORS

ROOT = Path(__file__).parents[2]


def test_every_detector_stands_in_the_register() -> None:
    files = {path.stem for path in (ROOT / "src/remit/scan/detectors").glob("*.py")} - {"__init__", "register"}
    assert {detector.IDENT.replace("-", "_") for detector in DETECTORS} == files


@pytest.mark.parametrize("ident", sorted(detector.IDENT for detector in DETECTORS))
def test_every_detector_has_a_page(ident: str) -> None:
    page = (ROOT / "docs/rules" / f"{ident}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {ident}\n")
    for part in ("What it finds", "Why it matters", "Example", "What is not found", "Since 0."):
        assert part in page

"""Small places for the tests of forms: a tree with a default and a lineage, and terms to hold it against."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from remit.scan.formats.inventory import Inventory
from remit.scan.report import make_report
from remit.scan.run import scan_path
from remit.terms.folder import load_terms
from remit.terms.instant import parse_instant

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-ant-api03-planted-AbCdEfGhIjKlMnOp"
AT = "2026-09-01T12:00:00Z"
FILES = {
    "app/answer.py": 'import anthropic\n\nreply = anthropic.Anthropic().messages.create(model="claude-opus-4-5")\n',
    "app/.env": f"ANTHROPIC_API_KEY={KEY}\n",
    "local/c.yaml": "services:\n  m:\n    image: ollama/ollama\n    environment:\n      MODEL: llama3.1:8b\n",
    "local/run.py": 'from transformers import pipeline\n\npipeline(model="deepseek-ai/DeepSeek-R1-Distill-Llama-8B")\n',
    "README.md": "Written by people who like Gemini.\n",
}


def make_tree(root: Path, files: dict[str, str] | None = None) -> Path:
    """Write files below a folder."""
    for name, text in (FILES if files is None else files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def scanned(root: Path) -> Inventory:
    """Scan a tree, which stands as the place `tree`."""
    return Inventory((replace(scan_path(make_tree(root)), path="tree"),))


@cache
def checked(folder: Path, at: str = AT) -> Inventory:
    """Hold a place against the terms within it."""
    terms = load_terms(folder / "remit")
    found = scan_path(folder, history=False, spared=sorted((folder / "remit").rglob("*.yaml")))
    moment = parse_instant(at)
    return Inventory((found,), make_report(found, terms, moment, max(terms.learned[-1], moment)))

"""The tables of the catalogue that ships with Remit: data files, one row a line, each with its source and date.

Rows are YAML. Where each is written as JSON, which YAML contains, they are read ten times as fast.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_FOLDER = Path(__file__).parents[1] / "catalogue"

TABLES = (
    "makers",
    "channels",
    "families",
    "models",
    "packages",
    "hosts",
    "variables",
    "agents",
    "licences",
)


@cache
def read_table(name: str) -> list[Row]:
    """Return the rows of one table."""
    return rows_of(_content(name).decode())


def table_digest(name: str) -> str:
    """Return the SHA-256 of a table's bytes, in hexadecimal."""
    return hashlib.sha256(_content(name)).hexdigest()


def rows_of(text: str) -> list[Row]:
    """Read the rows of a table from its text."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    try:
        found = json.loads("[" + ",".join(line.removeprefix("- ") for line in lines) + "]")
    except ValueError:
        import yaml  # noqa: PLC0415  # most tables need none, and it takes a while to import

        found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or []  # noqa: S506
    return list(found)


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / f"{name}.yaml").read_bytes()

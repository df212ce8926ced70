"""An organisation's own rows of the catalogue: read from its folder of terms, and set beside those that ship.

They stand in `catalogue/TABLE.yaml` within that folder, in the form of ours. A row with a fault stops the scan: what it
was meant to find would be missed in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.errors import Fault, TermsUnusable
from remit.scan.upkeep import faults_in
from remit.terms.table import TABLES, Row, read_table, rows_of

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "catalogue"


def read_own(terms: Path) -> dict[str, list[Row]]:
    """Read the rows beside the terms of a folder, and raise with every fault of them; none where there are none."""
    rows: dict[str, list[Row]] = {}
    faults: list[Fault] = []
    for table in TABLES:
        file = terms / FOLDER / f"{table}.yaml"
        if not file.is_file():
            continue
        try:
            found = rows_of(file.read_bytes().decode())
        except Exception as fault:  # noqa: BLE001 - whatever the reader of YAML says, the file is at fault.
            faults.append(Fault(_name(table), 0, 0, "", f"not rows of YAML: {str(fault).splitlines()[0]}"))
            continue
        if all(isinstance(row, dict) for row in found):
            rows[table] = found
        else:
            faults.append(Fault(_name(table), 0, 0, "", "not rows of YAML: each is a mapping behind a dash"))
    faults += [Fault(_name(table), 0, 0, name, says) for table, name, says in faults_in(rows, shipped())]
    if faults:
        raise TermsUnusable(faults, "The catalogue beside the terms is not usable; nothing was looked at.")
    return rows


def shipped() -> dict[str, list[Row]]:
    """Every table that ships."""
    return {table: read_table(table) for table in TABLES}


def _name(table: str) -> str:
    return f"{FOLDER}/{table}.yaml"

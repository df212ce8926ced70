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

    from remit.terms.register import Register

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


def with_declared(rows: dict[str, list[Row]], register: Register) -> dict[str, list[Row]]:
    """Set beside some rows the makers and models that a register declares, of which no row says anything yet."""
    ours = shipped()
    known = {
        table: {str(row["id"]).casefold() for row in (*ours[table], *rows.get(table, ()))}
        for table in ("makers", "models")
    }
    declared: dict[str, list[Row]] = {
        "makers": [{"id": maker.id, "name": maker.name} for maker in register.makers],
        "models": [{"id": model.id, "maker": model.maker, "aliases": list(model.aliases)} for model in register.models],
    }
    added = {
        table: [row for row in found if row["id"].casefold() not in known[table]] for table, found in declared.items()
    }
    return rows | {table: [*rows.get(table, ()), *new] for table, new in added.items() if new}


def shipped() -> dict[str, list[Row]]:
    """Every table that ships."""
    return {table: read_table(table) for table in TABLES}


def _name(table: str) -> str:
    return f"{FOLDER}/{table}.yaml"

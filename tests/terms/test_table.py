"""The tables of the catalogue are read whole, in either of their two forms."""

import hashlib
import re

import pytest

from remit.terms.table import TABLES, read_table, rows_of, table_digest
from tests.house.console import ROOT

FOLDER = ROOT / "src/remit/catalogue"


def test_every_file_of_the_catalogue_is_a_table() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_whole_and_named_by_its_bytes(name: str) -> None:
    content = (FOLDER / f"{name}.yaml").read_bytes()
    assert len(read_table(name)) == len(re.findall(rb"^- ", content, re.MULTILINE)) > 0
    assert table_digest(name) == hashlib.sha256(content).hexdigest()


def test_rows_written_as_json_and_rows_written_as_yaml_are_read_alike() -> None:
    assert rows_of('# a comment\n\n- {"id": "a", "names": ["b"]}\n- {"id": "c"}\n') == [
        {"id": "a", "names": ["b"]},
        {"id": "c"},
    ]
    assert rows_of("- {id: a, names: [b]}\n- id: c\n") == [{"id": "a", "names": ["b"]}, {"id": "c"}]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_a_table_may_be_empty(text: str) -> None:
    assert rows_of(text) == []

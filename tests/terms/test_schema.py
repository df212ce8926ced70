"""The schemas that editors check terms by agree with the reader: they know its keys, and refuse nothing it reads."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from remit.errors import TermsUnusable
from tests.house.console import ROOT
from tests.terms.drawing import folders
from tests.terms.editor import SCHEMAS, as_an_editor_reads, refusals
from tests.terms.writing import Folder

GLOBS = {
    "register": ("examples/*/remit/remit.yaml", "tests/golden/history/remit.yaml", "src/remit/packs/*/register.yaml"),
    "instrument": (
        "examples/*/remit/instruments/*.yaml",
        "tests/golden/history/instruments/*.yaml",
        "src/remit/packs/*/instruments/*.yaml",
    ),
    "cases": ("examples/*/remit/cases/*.yaml", "src/remit/packs/*/cases/*.yaml"),
}
FILES = [(kind, path) for kind, globs in GLOBS.items() for glob in globs for path in sorted(ROOT.glob(glob))]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_each_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize(
    ("kind", "path"), FILES, ids=lambda value: value.as_posix() if isinstance(value, Path) else value
)
def test_every_file_of_terms_that_the_project_holds_is_accepted(kind: str, path: Path) -> None:
    assert refusals(kind, as_an_editor_reads(path.read_text(encoding="utf-8"))) == []


@given(folders())
def test_terms_that_can_be_read_are_accepted(folder: Folder) -> None:
    assert refusals("register", as_an_editor_reads(folder.files().register.decode())) == []
    for content in folder.files().instruments.values():
        assert refusals("instrument", as_an_editor_reads(content.decode())) == []


SPOILS: tuple[Any, ...] = (None, "", "x", 7, 2.5, True, [], ["x"], [None], {}, {"x": "y"}, [{}], "2026-01-01", "10m")


def places_in(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every list and mapping with each of its places."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs):
        yield node, key
        yield from places_in(value)


@given(folders(), st.data())
def test_what_the_schema_refuses_the_reader_refuses_too(folder: Folder, data: st.DataObject) -> None:
    documents = [copy.deepcopy(folder.register), *map(copy.deepcopy, folder.instruments)]
    place, key = data.draw(st.sampled_from([each for document in documents for each in places_in(document)]))
    match data.draw(st.sampled_from(("drop", "add", "spoil", "spoil", "spoil"))):
        case "drop":
            del place[key]
        case "add" if isinstance(place, dict):
            place["note" if "note" not in place else "until"] = data.draw(st.sampled_from(SPOILS))
        case _:
            place[key] = data.draw(st.sampled_from(SPOILS))
    spoilt = Folder(documents[0], tuple(documents[1:]))
    kinds = ["register", *["instrument"] * len(folder.instruments)]
    files = spoilt.files()
    texts = [files.register, *(files.instruments[name] for name in sorted(files.instruments))]
    refused = [
        found
        for kind, text in zip(kinds, texts, strict=True)
        for found in refusals(kind, as_an_editor_reads(text.decode()))
    ]
    if refused:
        with pytest.raises(TermsUnusable):
            spoilt.read()

"""Files as trees of words with their places, and what is refused before it costs anything."""

from __future__ import annotations

from time import process_time

import pytest

from remit.errors import TermsUnusable
from remit.terms.document import Items, Mapping, Scalar, read_document
from remit.terms.folder import Files, read_terms
from tests.terms.hostile import HOSTILE

REGISTER = b"parties: [{id: halden}]\n"
PATIENCE = 5.0
"""Seconds of the processor; the bar is 2, which bench/load.py measures."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_named_fault_and_soon(name: str) -> None:
    content, says = HOSTILE[name]
    begun = process_time()
    with pytest.raises(TermsUnusable) as unusable:
        read_terms(Files(REGISTER, {"instruments/hostile.yaml": content}, {}))
    spent = process_time() - begun
    told = [f"{fault.key} {fault.says}".strip() for fault in unusable.value.faults]
    assert [line for line in told if says in line] != [], told[:3]
    assert len(str(unusable.value)) < 100_000
    assert spent < PATIENCE


@pytest.mark.parametrize("name", [name for name, (content, _) in HOSTILE.items() if len(content) < 500_000])
def test_a_hostile_register_is_a_named_fault_too(name: str) -> None:
    content, _ = HOSTILE[name]
    begun = process_time()
    with pytest.raises(TermsUnusable):
        read_terms(Files(content, {}, {}))
    assert process_time() - begun < PATIENCE


def places(text: str) -> list[tuple[str, int, int, int]]:
    """Return every word of a file with its line, column and width."""
    document = read_document("f", text.encode())
    assert document.faults == []
    assert document.root is not None
    found: list[tuple[str, int, int, int]] = []

    def walk(node: Scalar | Items | Mapping) -> None:
        match node:
            case Scalar():
                found.append((node.text, node.line, node.column, node.width))
            case Items():
                for item in node.items:
                    walk(item)
            case Mapping():
                for key, value in node.entries.values():
                    walk(key)
                    walk(value)

    walk(document.root)
    return found


def test_every_word_knows_its_place() -> None:
    assert places('a: b\n\n"é😀": [ c,\n  "d e" ]\nf: {g: \'h\'}\n') == [
        *(("a", 1, 1, 1), ("b", 1, 4, 1), ("é😀", 3, 1, 4), ("c", 3, 9, 1), ("d e", 4, 3, 5)),
        *(("f", 5, 1, 1), ("g", 5, 5, 1), ("h", 5, 8, 3)),
    ]


def test_a_text_over_several_lines_is_underlined_at_its_first_letter_only() -> None:
    assert places('a: |\n  one\n  two\nb: "three\n  four"\n') == [
        *(("a", 1, 1, 1), ("one\ntwo\n", 1, 4, 1), ("b", 4, 1, 1), ("three four", 4, 4, 1)),
    ]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_lines_are_counted_as_yaml_breaks_them(line_break: str) -> None:
    text = line_break.join(["# one", "a: 1", "b: {c", ""])
    document = read_document("f", text.encode())
    assert document.lines[1] == "a: 1"
    [fault] = document.faults
    assert (fault.line, fault.says) == (4, "not YAML: did not find expected ',' or '}'")


def test_a_byte_order_mark_is_not_part_of_the_first_key() -> None:
    document = read_document("f", b"\xef\xbb\xbfa: b\n")
    assert document.root is not None
    assert list(document.root.entries) == ["a"]


def test_a_fault_of_coding_is_told_with_its_line_and_byte() -> None:
    [fault] = read_document("f", b"a: b\nc: d\xff\n").faults
    assert (fault.line, fault.column, fault.says) == (2, 5, "not UTF-8: byte 0xff at offset 9")


def test_a_control_character_is_told_with_its_place_and_shown_as_a_stand_in() -> None:
    [fault] = read_document("f", b"a: b\nc: d\te\x07f\n").faults
    assert (fault.line, fault.column, fault.excerpt) == (2, 7, "c: d e\N{REPLACEMENT CHARACTER}f")


def test_a_document_that_was_refused_has_no_tree() -> None:
    for content, _ in HOSTILE.values():
        if len(content) < 1_000:
            document = read_document("f", content)
            assert document.root is None or document.faults == [] or "twice" in document.faults[0].says

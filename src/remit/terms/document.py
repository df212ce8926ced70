"""A YAML file read as a tree in which every value knows its line and column.

Nothing is implicit: a plain `no` is a text, a plain date is a text, and the field that reads it decides.
Nothing clever is accepted: no anchors, no aliases, no tags, no second document, no key twice.
Every bound is checked before the memory for it is spent, so that a hostile file is a named fault and not a hang.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from remit.errors import Fault, TermsUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_FILE = 8 * 1024 * 1024
"""Bytes of the largest file that is read; 5,000 clauses are about 1.5 MB."""

DEEPEST_NESTING = 32
"""Levels of lists and mappings within each other."""

MOST_NODES = 300_000
"""Words, lists and mappings in one file; 5,000 long clauses are about 220,000."""

MOST_FAULTS = 200
"""Faults of one file that are told; who has more of them has one mistake many times, or means harm."""

LONGEST_EXCERPT = 240
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_NO_TEXT = re.compile("[^\t\n\r -~\x85\xa0-\ufffd\U00010000-\U0010ffff]")

# Where PyYAML is built without libyaml it is slower, and gives the same events.
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True, eq=False)
class Scalar:
    """One word, number or quoted text, as it is written, at a line and a column that count from 1."""

    text: str
    plain: bool
    line: int
    column: int
    width: int


@dataclass(slots=True, eq=False)
class Items:
    """A list of values."""

    items: list[Node]
    line: int
    column: int
    width: int = 1


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys with their values, in the order of the file."""

    entries: dict[str, tuple[Scalar, Node]]
    line: int
    column: int
    width: int = 1


Node = Scalar | Items | Mapping


@dataclass(slots=True, eq=False)
class Document:
    """One file of the terms: its path, its text, its tree, and the faults found so far."""

    path: str
    text: str = ""
    root: Mapping | None = None
    faults: list[Fault] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """Return the lines of the text, which are counted when they are first asked for: most files have no fault."""
        if not self._lines:
            self._lines = _BREAK.split(self.text)
        return self._lines

    def fault(self, node: Node | None, key: str, says: str) -> None:
        """Note a fault at a node with its words, or at the head of the file when there is none."""
        if node is None:
            self._note(Fault(self.path, 1, 1, key, says))
            return
        line = self.lines[node.line - 1] if node.line <= len(self.lines) else ""
        excerpt = _shown(line[:LONGEST_EXCERPT]) if node.column <= LONGEST_EXCERPT else ""
        self._note(Fault(self.path, node.line, node.column, _shown(key), _shown(says), excerpt, node.width))

    def missing(self, node: Node, key: str, says: str) -> None:
        """Note at a node that something is not there; there are no words to show."""
        self._note(Fault(self.path, node.line, node.column, key, f"missing: {says}"))

    def _note(self, fault: Fault) -> None:
        if len(self.faults) == MOST_FAULTS:
            says = f"more than {MOST_FAULTS} faults; no more of this file was read"
            raise TermsUnusable([*self.faults, Fault(self.path, 0, 0, "", says)])
        if fault not in self.faults:  # Two readers of one word find one fault.
            self.faults.append(fault)


def _shown(text: str) -> str:
    """Return a text in which nothing moves the cursor: a file that is no friend's is shown on a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def read_document(path: str, content: bytes) -> Document:
    """Read the bytes of one file; what is wrong with them is among the document's faults, unless those are too many."""
    document = Document(path)
    if len(content) > LARGEST_FILE:
        document.fault(None, "", f"the file has more than {LARGEST_FILE // 1024 // 1024} MB; it was not read")
        return document
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        says = f"not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start}"
        document.faults.append(Fault(path, line, column, "", says))
        return document
    document.text = text
    try:
        _refuse_controls(document, text)
        _compose(document, yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.fault(None if mark is None else _place(mark), "", f"not YAML: {error.problem or error.context}")
        document.root = None
    except _Refused:
        document.root = None
    return document


def _refuse_controls(document: Document, text: str) -> None:
    """Refuse what YAML refuses, before it is parsed, so that its place is known."""
    found = _NO_TEXT.search(text)
    if found is None:
        return
    before = _BREAK.split(text[: found.start()])
    place = Scalar(found[0], plain=True, line=len(before), column=len(before[-1]) + 1, width=1)
    document.fault(place, "", f"a control character, U+{ord(found[0]):04X}, which no text has")
    raise _Refused


class _Refused(Exception):  # it carries nothing: the fault is in the document already
    """The file holds something that ends the reading."""


def _compose(document: Document, events: Iterator[Any]) -> None:
    """Build the tree from the parser's events, without recursion.

    The events are told apart by their type alone; PyYAML's own types do not say that their marks are there.
    """
    tree = _Tree(document)
    for event in events:
        kind = type(event)
        if kind is ScalarEvent:
            tree.add(_scalar(document, event))
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            tree.open(_opening(document, event))
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            tree.close()
        elif kind is AliasEvent:
            document.fault(_place(event.start_mark), "", "an alias is not accepted here; write the value out")
            raise _Refused
        elif kind is DocumentStartEvent:
            tree.start(_place(event.start_mark))
    if tree.documents == 0:
        document.fault(None, "", "the file is empty")


@dataclass(slots=True, eq=False)
class _Tree:
    """The tree under construction: what is open, and the key that waits for its value at each depth."""

    document: Document
    open_nodes: list[Items | Mapping] = field(default_factory=list)
    keys: list[Scalar | None] = field(default_factory=list)
    documents: int = 0
    nodes: int = 0

    def start(self, place: Scalar) -> None:
        self.documents += 1
        if self.documents > 1:
            self.document.fault(place, "", "a second document in one file; one file holds one document")
            raise _Refused

    def open(self, node: Items | Mapping) -> None:
        self.add(node)
        self.open_nodes.append(node)
        self.keys.append(None)
        if len(self.open_nodes) > DEEPEST_NESTING:
            self.document.fault(node, "", f"nested deeper than {DEEPEST_NESTING} levels; reading stopped here")
            raise _Refused

    def close(self) -> None:
        self.open_nodes.pop()
        self.keys.pop()

    def add(self, node: Node) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self.document.fault(node, "", f"more than {MOST_NODES} words, lists and mappings in one file; split it")
            raise _Refused
        if not self.open_nodes:
            if not isinstance(node, Mapping):
                self.document.fault(node, "", "expected keys with values at the top of the file")
                raise _Refused
            self.document.root = node
            return
        parent = self.open_nodes[-1]
        if isinstance(parent, Items):
            parent.items.append(node)
        else:
            self._add_entry(parent, node)

    def _add_entry(self, parent: Mapping, node: Node) -> None:
        key = self.keys[-1]
        if key is not None:
            parent.entries.setdefault(key.text, (key, node))
            self.keys[-1] = None
            return
        if not isinstance(node, Scalar):
            self.document.fault(node, "", "a key must be a word")
            raise _Refused
        if node.text in parent.entries:
            first = parent.entries[node.text][0].line
            self.document.fault(node, node.text, f"the key stands twice; the first is in line {first}")
        self.keys[-1] = node


def _place(mark: Any) -> Scalar:  # noqa: ANN401  # one of PyYAML's marks
    return Scalar("", plain=True, line=mark.line + 1, column=mark.column + 1, width=1)


def _opening(document: Document, event: Any) -> Items | Mapping:  # noqa: ANN401  # one of PyYAML's events
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    node = Mapping({}, line, column) if type(event) is MappingStartEvent else Items([], line, column)
    _refuse_anchor(document, event, node)
    return node


def _scalar(document: Document, event: Any) -> Scalar:  # noqa: ANN401  # one of PyYAML's events
    start, end = event.start_mark, event.end_mark
    width = end.column - start.column if end.line == start.line else 1
    scalar = Scalar(event.value, not event.style, start.line + 1, start.column + 1, width)
    _refuse_anchor(document, event, scalar)
    return scalar


def _refuse_anchor(document: Document, event: Any, node: Node) -> None:  # noqa: ANN401  # one of PyYAML's events
    if event.anchor is not None:
        document.fault(node, "", f"an anchor (&{event.anchor}) is not accepted here; write the value out")
        raise _Refused
    if event.tag is not None:
        document.fault(node, "", f"a tag ({event.tag}) is not accepted here; nothing is implicit")
        raise _Refused

"""What `remit init` writes, as text: the starter folder, and a register with the rows of a pack added to it.

1. A starter is accepted as it stands, permits no maker, and shows in a comment how one is permitted.
2. A pack's rows are added as lines to the register's text, so that its comments and its order stay as they are.
3. A row that stands already, under the same name, is kept as it is; the note says so where the two differ.
4. What was added is read again and compared row by row; a register whose form hides where a row ends is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from remit.errors import UsageError
from remit.terms.document import Document, Items, Mapping, Node, Scalar, read_document
from remit.terms.folder import REGISTER

if TYPE_CHECKING:
    from datetime import date

HOUSE_RULES = "instruments/house-rules.yaml"

_REGISTER = """\
# What the organisation says of itself: who it is, what it runs, and for whom.
# A name that is used elsewhere has its row here; `remit terms check` says which one is missing.

organisation: us

parties:
  - {id: us, name: Our organisation, role: deployer}
  # Whoever issues an instrument, is bound by it or is worked for gets a row:
  # - {id: halden, name: Halden, role: provider}

scopes:
  # A scope is a contract or a programme, and the paths that serve it. A verdict is always one for a scope.
  - id: everything
    says: All that we run, until contracts and programmes have scopes of their own.
    serves: ["**"]
  # A contract that an order may reach says so in its kind, its customer and its facts:
  # - id: harbour-contract
  #   says: Maintenance of harbour equipment for the ministry.
  #   kind: covered-contract
  #   customer: ministry
  #   serves: ["services/harbour/**"]
  #   facts: {use.country: DE, use.sector: transport}
"""

_HOUSE_RULES = """\
# The rules of this house. What no clause permits is denied, so a first `remit check` says which makers
# nothing permits yet. Nothing here permits a maker; the clause at the end shows how it is done.

instrument: house-rules
kind: policy
by: us
title: House rules
standing:
  - {{state: in-force, from: {day}T00:00:00Z, known: {day}T00:00:00Z}}
clauses:
  - id: nobody-minds
    permit: [integrate]
    when:
      model.relation: [documentation-only, vendor-open-source, protocol-compatible-only, dormant]
    says: What only names a model, imitates an interface or cannot be reached needs nobody's leave.

  - id: development-tools
    permit: [integrate]
    when:
      model.relation: [development-tool, ai-authored-code]
    duties: {{log: which tool was used by whom and what it changed}}
    says: Staff may write code with the help of a model, and what it wrote is on record.

  # To permit one maker, take the signs away and name it as `remit catalogue list` does:
  # - id: one-maker
  #   permit: [integrate, invoke]
  #   when:
  #     model.maker: NAME
  #   says: We have read this maker's terms and use its models within them.
"""


Plain = str | list["Plain"] | dict[str, "Plain"]
"""A node without its place."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as text: one sentence of what it is, the rows it needs, and its other files by path in the terms."""

    name: str
    says: str
    rows: str
    files: dict[str, str]


def starter_files(day: date) -> dict[str, str]:
    """Return the files of a starter by path, with house rules that are in force from a day on."""
    return {REGISTER: _REGISTER, HOUSE_RULES: _HOUSE_RULES.format(day=day.isoformat())}


def add_rows(register: str, rows: str) -> tuple[str, tuple[str, ...]]:
    """Return the register's text with the rows of a pack added, and a note on each row that stood there otherwise.

    1. Read both texts.
    2. What the register has no key for goes below its last line, as it is written in the pack.
    3. Under a key it has, each row whose name is not there goes below the last row.
    4. Read the result and compare it with what was to come out.
    """
    own, more = read_document(REGISTER, register.encode()), read_document("the pack", rows.encode())  # (1)
    if own.root is None or more.root is None or own.faults or more.faults:
        first = (*own.faults, *more.faults)[0]
        raise UsageError(f"Nothing was written: {first.path}:{first.line}:{first.column} is not usable: {first.says}.")
    merge = _Merge(own, more)
    expected = merge.mappings(own.root, more.root, _last_line(own))  # (2), (3)
    text = merge.text()
    result = read_document(REGISTER, text.encode())
    if result.root is None or result.faults or _plain(result.root) != expected:  # (4)
        raise _unclear("its rows")
    return text, tuple(merge.notes)


@dataclass(slots=True, eq=False)
class _Merge:
    """A register to which the rows of a pack are added: lines to put in, each lot after a line that stands there."""

    own: Document
    more: Document
    added: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def mappings(self, own: Mapping, more: Mapping, last: int) -> dict[str, Plain]:
        """Add what one mapping has to another whose last line is given; return what should come out."""
        merged = {key: _plain(value) for key, (_, value) in own.entries.items()}
        for key, (place, value) in more.entries.items():
            if key in own.entries:
                merged[key] = self._values(key, own.entries[key], value)
            else:
                merged[key] = _plain(value)
                blank = [""] if own.column == 1 else []
                self._add((last, -2 * own.column), blank + self._lines(place), own.column - place.column)
        return merged

    def _values(self, key: str, entry: tuple[Scalar, Node], more: Node) -> Plain:
        place, own = entry
        match own, more:
            case Mapping(), Mapping():
                return self.mappings(own, more, _block_end(self.own, place))
            case Items(), Items():
                return self._items(key, own, more)
            case _ if _plain(own) == _plain(more):
                return _plain(own)
            case _:
                raise _unclear(key)

    def _items(self, key: str, own: Items, more: Items) -> list[Plain]:
        """Add the rows of one list to another, except those whose name stands there."""
        merged = [_plain(item) for item in own.items]
        standing = {_name(row): row for row in merged}
        for item in more.items:
            row = _plain(item)
            kept = standing.get(_name(row))
            if kept is None:
                merged.append(row)
                dash = Scalar("", True, item.line, more.column, 1)  # noqa: FBT003  # a bare place
                after = _block_end(self.own, own), -2 * own.column - 1
                self._add(after, self._lines(dash), own.column - more.column)
            elif kept != row:
                self.notes.append(f"{key}: {_name(row)} stands in {REGISTER} already and was kept as it is there")
        return merged

    def _lines(self, place: Scalar) -> list[str]:
        """Return the lines of the pack that begin at a key or a dash."""
        return self.more.lines[place.line - 1 : _block_end(self.more, place, rows=False)]

    def _add(self, after: tuple[int, int], lines: list[str], by: int) -> None:
        """Note lines to put in after a line; of several there, what stands further in comes first."""
        self.added.setdefault(after, []).extend(_shifted(line, by) for line in lines)

    def text(self) -> str:
        """Return the register's text with the lines put in."""
        lines = list(self.own.lines)
        for after in sorted(self.added, reverse=True):
            lines[after[0] : after[0]] = self.added[after]
        return "\n".join(lines).rstrip("\n") + "\n"


def _unclear(key: str) -> UsageError:
    return UsageError(
        f"Nothing was written: in {REGISTER} it does not show where something can be added to {key}.\n"
        "  Write its rows one below the other, each after a dash, or leave its key out while it has none."
    )


def _plain(node: Node) -> Plain:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    return {key: _plain(value) for key, (_, value) in node.entries.items()}


def _name(row: Plain) -> str:
    """Return what a row is called: its `id`, or all of it where it has none, as a word or an entry of a standing."""
    ident = row.get("id") if isinstance(row, dict) else row
    return ident if isinstance(ident, str) else repr(row)


def _shifted(line: str, by: int) -> str:
    indent = len(line) - len(line.lstrip())
    return " " * (indent + by) + line.lstrip() if line.strip() else ""


def _last_line(document: Document) -> int:
    """Return the number of the last line that is not blank."""
    return max(number for number, line in enumerate(document.lines, start=1) if line.strip())


def _block_end(document: Document, start: Scalar | Items, *, rows: bool = True) -> int:
    """Return the last line of what begins at a key or a dash: what follows it further in, comments at the end left out.

    With `rows`, what begins with a dash in the same column belongs to it: the list of a key, or its other rows.
    """
    last = start.line
    for number, line in enumerate(document.lines[start.line :], start=start.line + 1):
        text = line.lstrip()
        if not text or text.startswith("#"):
            continue
        indent = len(line) - len(text)
        if indent < start.column - 1 or (indent == start.column - 1 and not (rows and text.startswith("- "))):
            break
        last = number
    return last

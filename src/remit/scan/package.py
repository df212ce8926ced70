"""What the files of one package take from each other without saying so, where a language has it that way.

Only the folders that hold a lead are looked at, and of those only who calls one of its functions by its bare name.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from remit.scan.link import Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from remit.scan.accessor import Handing
    from remit.scan.document import Document
    from remit.scan.lead import Lead
    from remit.scan.ties import Ties

_FUNCTION = re.compile(r"^func (\w+)[(\[]", re.MULTILINE)
_OWN_TEST = "_test.go"
_SHORT = 3


class Package:
    """The files of a tree by the package that they belong to, each asked once for what it calls."""

    def __init__(self, ties: Ties, handing: Handing, documents: Mapping[str, Document]) -> None:
        self._handing = handing
        self._documents = documents
        self._folders: dict[str, list[str]] = defaultdict(list)
        for path in sorted(ties.again):
            if path.endswith(".go") and not path.endswith(_OWN_TEST):
                self._folders[posixpath.dirname(path)].append(path)
        self._known: dict[tuple[str, str], tuple[Link, ...]] = {}

    def beside(self, leads: Mapping[str, Mapping[str, Lead]]) -> Iterator[tuple[str, Link, Lead]]:
        """Each file that calls a function of its own package that leads to a model."""
        folders: dict[str, dict[str, Lead]] = defaultdict(dict)
        for path in sorted(path for path in leads if path.endswith(".go") and not path.endswith(_OWN_TEST)):
            names = {name: lead for name, lead in leads[path].items() if lead.calls}
            functions = self._asking(path, names) if names else frozenset[str]()
            folders[posixpath.dirname(path)] |= {name: lead for name, lead in names.items() if name in functions}
        for folder, named in folders.items():
            for path in self._folders[folder] if named else ():
                called = self._called(path, frozenset(named))
                yield from ((path, link, named[link.name]) for link in called if named[link.name].path != path)

    def _asking(self, path: str, names: Mapping[str, Lead]) -> frozenset[str]:
        """The functions of some names that ask a model, or call one that does; what only makes a type of it is none."""
        rows = self._text(path).split("\n")
        bodies = {name: rows[first - 1 : last] for name, first, last in _functions(rows) if name in names}
        words = sorted(name for name in names if len(name) > _SHORT)
        calls = re.compile(rf"(?<![\w.\"/])(?:{'|'.join(map(re.escape, words)) or '(?!)'})[.(]")
        lines = {name: (first, last) for name, first, last in _functions(rows)}
        places = {lead.place.line for lead in names.values()}
        return frozenset(
            name
            for name, body in bodies.items()
            if any(lines[name][0] <= line <= lines[name][1] for line in places)
            or any(calls.search(row) for row in body[1:])
        )

    def _text(self, path: str) -> str:
        document = self._documents.get(path)
        if document is None:
            return self._handing.page(path).text
        text = document.text
        document.forget()
        return text

    def _called(self, path: str, names: frozenset[str]) -> tuple[Link, ...]:
        """The functions of some names that a file calls without having them itself."""
        key = (path, " ".join(sorted(names)))
        if key not in self._known:
            page = self._handing.page(path)
            own = frozenset(_FUNCTION.findall(page.text))
            found: dict[str, Link] = {}
            for match in re.finditer(rf"(?<![\w.])(?<!func )({'|'.join(map(re.escape, sorted(names)))})\(", page.text):
                if match[1] not in own and match[1] not in found and page.span_at(match.start()) is None:
                    found[match[1]] = Link(".", match[1], page.line_at(match.start()), local=match[1])
            self._known[key] = tuple(found.values())
        return self._known[key]


def _functions(rows: list[str]) -> list[tuple[str, int, int]]:
    """The functions at the top of a file, each with its lines."""
    found = []
    for number, row in enumerate(rows, 1):
        if match := _FUNCTION.match(row):
            last = next((at for at in range(number, len(rows)) if rows[at].startswith("}")), number)
            found.append((match[1], number, last + 1))
    return found

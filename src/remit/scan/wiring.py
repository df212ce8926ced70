"""Which code reads the settings that name a model: by the environment, by a key, or by a type named after a section.

1. A setting has a name of its own: that of a variable, or its keys joined by dots.
2. Other settings pass it on under another name: a parameter of a template, a variable of Terraform, a value of a chart.
3. Code that looks up such a name reaches the model. What a template gives to one function only its code is given; of
   several settings of one name those count that stand nearest.
4. A type that is named after a section has what is the default there.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from remit.scan.language import PROGRAMS
from remit.scan.look_up import dotted
from remit.scan.occurrence import Occurrence, Role
from remit.scan.part import Part
from remit.scan.words import is_default, is_model, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from remit.scan.document import Document
    from remit.scan.integration import Integration
    from remit.scan.ties import Ties

_DEEPEST = 3
_APART = {Part.TEST, Part.DOCUMENTATION, Part.LOCK, Part.VENDORED, Part.GENERATED, Part.EXAMPLE, Part.CI}
_CHOOSES = {Role.DEFAULT, Role.CALL_SITE, Role.SELECTABLE}
_MANY = 60
"""Models that a file of settings may name; where there are more it is a table."""
_KEYED = {"yaml", "json", "toml", "ini"}
_SETS = _KEYED | {"hcl", "env", "dockerfile", "xml", "bicep", "shell"}
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{3,}")
_OF_TERRAFORM = re.compile(r'^\s*variable\s+"(\w+)"')
_CODE = re.compile(r"""^\s*(?:CodeUri|Code|ContentUri|code_uri)\s*:\s*["']?([^\s"'#]+)""")
_NAMED_SO = ("options", "configuration", "settings", "config", "properties")
_SAMPLE = re.compile(r"example|sample|template\.env|\.dist$|\.tpl$", re.IGNORECASE)


class Setting(NamedTuple):
    """A name by which code may look up a model."""

    name: str
    maker: str
    place: Occurrence
    way: tuple[tuple[str, int, str], ...]
    folder: str = ""
    """The folder whose code alone is given it; empty where all may be."""
    near: str = ""
    """The folder that it stands in."""


class Read(NamedTuple):
    """A place that looks a setting up."""

    path: str
    line: int
    says: str
    setting: Setting


class Wiring:
    """The settings of a tree that name models, and the code that reads them."""

    def __init__(self, integrations: Iterable[Integration], documents: Mapping[str, Document], ties: Ties) -> None:
        self._documents = documents
        self._ties = ties
        self._passed: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
        for each in ties.passed:
            self._passed[each.source].append((each.path, each.line, each.name))
        self._settings: dict[str, list[Setting]] = defaultdict(list)
        self._sections: list[tuple[str, str, Occurrence, str]] = []
        if not ties.looked_up and not ties.types:
            return
        by_file: dict[str, list[tuple[str, Occurrence]]] = defaultdict(list)
        for made in integrations:
            for place in made.evidence:
                if place.model and place.bound and place.role in _CHOOSES and not place.tested:
                    by_file[place.path].append((made.maker, place))
        for path, places in sorted(by_file.items()):
            if len(places) <= _MANY and (document := self._document(path)) is not None:
                self._take_all(document, places)

    def reads(self, maker: str, channel: str) -> list[Read]:
        """The code that looks up a setting which names a model of a maker by a channel (3, 4)."""
        found: dict[tuple[str, int], Read] = {}
        for name, settings in sorted(self._settings.items()):
            for path, line in self._ties.looked_up.get(name, ()):
                if self._ties.part(path) in _APART:
                    continue
                nearest = [
                    each for each in _nearest(path, settings) if (each.maker, each.place.channel) == (maker, channel)
                ]
                if nearest:
                    setting = nearest[0]
                    found.setdefault(
                        (path, line), Read(path, line, f"looks up {name}, which {_where(setting)} sets", setting)
                    )
        for read in self._types(maker, channel):
            found.setdefault((read.path, read.line), read)
        return [found[place] for place in sorted(found)]

    def _document(self, path: str) -> Document | None:
        """A file in which settings stand; a sample sets nothing."""
        document = self._documents.get(path)
        if document is None or document.part in _APART or _SAMPLE.search(posixpath.basename(path)):
            return None
        return document if document.language in _SETS or b"env" in document.data else None

    def _take_all(self, document: Document, places: list[tuple[str, Occurrence]]) -> None:
        around: dict[tuple[int, str], tuple[str, ...]] = {}
        if document.language in _KEYED | PROGRAMS:
            for each in document.mentions:
                around.setdefault((each.line, each.place.key), each.place.around)
        for maker, place in places:
            above = around.get((place.line, place.bound))
            keys = () if above is None else (*(key for key in reversed(above) if key), place.bound)
            self._take(place, document, keys, maker)
        document.forget()

    def _take(self, place: Occurrence, document: Document, keys: tuple[str, ...], maker: str) -> None:
        for name in self._names(place, document, keys):
            self._add(Setting(name, maker, place, (), near=posixpath.dirname(place.path)))
        if document.language in _KEYED and len(keys) > 1 and (is_default(keys[-1]) or _is_the_model(keys[-1])):
            self._sections.append((keys[-2], keys[-1], place, maker))

    def _add(self, setting: Setting, depth: int = 0) -> None:
        """Take a name, and every name under which it is passed on near by (2)."""
        if setting not in self._settings[setting.name]:
            self._settings[setting.name].append(setting)
        if depth >= _DEEPEST:
            return
        for path, line, name in self._passed.get(setting.name, ()):
            near = posixpath.dirname(path)
            if not _is_around(setting.near, near) or name == setting.name:
                continue
            folders = self._given(path, line) or [setting.folder]
            step = (path, line, f"passes {setting.name} on as {name}")
            for folder in folders:
                self._add(setting._replace(name=name, way=(step, *setting.way), folder=folder, near=near), depth + 1)

    def _names(self, place: Occurrence, document: Document, keys: tuple[str, ...]) -> set[str]:
        """The names of its own that a setting has (1)."""
        names = {place.bound} if _VARIABLE.fullmatch(place.bound) else set[str]()
        if document.language in PROGRAMS:
            return names if any("env" in split(key) or "environment" in split(key) for key in keys[:-1]) else set()
        if document.language == "hcl":
            above = map(_OF_TERRAFORM.match, document.rows[place.line - 1 :: -1][:12])
            names |= {match[1] for match in [next(filter(None, above), None)] if match}
        elif keys and keys[-1] == "Default" and "Parameters" in keys:
            names.add(keys[-2])
        elif document.language in _KEYED and len(keys) > 1:
            names |= {dotted(".".join(keys)), ".".join(keys)}
        elif document.language == "yaml" and keys:
            names.add(keys[-1])
        elif document.language == "ini" and "." in place.bound:
            names.add(dotted(place.bound))
        return {name for name in names if name}

    def _given(self, path: str, line: int) -> list[str]:
        """The folders of the code of the function that a template gives a variable to (3)."""
        document = self._documents.get(path)
        if document is None or document.language != "yaml":
            return []
        parents, keys = document.outline
        above = []
        number = parents[line - 1]
        while number >= 0:
            above.append(number)
            number = parents[number]
        rows = document.rows
        found: list[str] = []
        if len(above) > 1 and keys[above[-1]] == "Resources":
            top = above[-2]
            for at in range(top + 1, len(rows)):
                if rows[at].strip() and not rows[at].lstrip().startswith("#") and not _is_below(parents, at, top):
                    break
                if match := _CODE.match(rows[at]):
                    found.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1])))
        document.forget()
        return [folder for folder in found if "://" not in folder]

    def _types(self, maker: str, channel: str) -> Iterator[Read]:
        for section, key, place, owner in self._sections:
            if (owner, place.channel) != (maker, channel):
                continue
            for path in self._named_after(section):
                data = self._ties.again[path]() if path in self._ties.again else b""
                match = re.search(rb"(?i)\b" + re.escape(key.encode()) + rb"\b", data)
                if match is not None and self._ties.part(path) not in _APART:
                    line = data.count(b"\n", 0, match.start()) + 1
                    setting = Setting(key, maker, place, ())
                    yield Read(path, line, f"is given {key} of {section} in {place.path}", setting)

    def _named_after(self, section: str) -> list[str]:
        """The files of the types that are named after a section, those first that bear its very name."""
        name = section.lower()
        return self._ties.types.get(name) or [
            path for end in _NAMED_SO for path in self._ties.types.get(f"{name}{end}", ())
        ]


def _where(setting: Setting) -> str:
    """The file that sets a name last."""
    return setting.way[0][0] if setting.way else setting.place.path


def _is_the_model(key: str) -> bool:
    """Say whether a key is that of the one model, and not of one among several."""
    return is_model(key) and set(split(key)) <= {"model", "id", "name", "modelid", "modelname", "llm", "chat"}


def _nearest(path: str, settings: list[Setting]) -> list[Setting]:
    """Those of some settings of one name that a file is given: by name, or those that stand nearest."""
    given = [each for each in settings if each.folder and path.startswith(f"{each.folder}/")]
    if given:
        return given
    free = [each for each in settings if not each.folder]
    near = [_common(each.near, path) for each in free]
    return [each for each, common in zip(free, near, strict=True) if common == max(near)]


def _common(folder: str, path: str) -> int:
    """How many folders of two places are the same from the top on."""
    pairs = zip(folder.split("/"), path.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _is_around(folder: str, other: str) -> bool:
    """Say whether one of two folders holds the other, or both stand in one."""
    return (
        not folder
        or not other
        or f"{folder}/".startswith(f"{other}/")
        or f"{other}/".startswith(f"{folder}/")
        or posixpath.dirname(folder) == posixpath.dirname(other)
    )


def _is_below(parents: list[int], at: int, top: int) -> bool:
    number = parents[at]
    while number > top:
        number = parents[number]
    return number == top

"""What each kind of manifest asks for: package, line, and for which part of the work.

Read line by line with just enough structure to know the section, so that a template, a comment or a fault in
one line costs that line and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from remit.scan.part import is_for_development
from remit.scan.signatures import normal_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remit.scan.document import Document

RUN, OPTIONAL, DEVELOPMENT, BROUGHT = "run", "optional", "development", "brought along"
_DEVELOPMENT = re.compile(r"dev|test|lint|doc|typing|bench|ci\b|build|format|debug|check", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One package that a manifest asks for."""

    ecosystem: str
    name: str
    line: int
    group: str
    parts: tuple[tuple[str, int], ...] = ()
    """The parts of it that are asked for by name, each with its line: extras, features."""


_LONGEST = 20_000
_NAME = re.compile(r"^\s*(?:-e\s+)?([A-Za-z0-9][\w.\-]*)(?:\[([^\]]*)\])?\s*(?:$|[=<>!~;@#,\s])")
_QUOTED = re.compile(r"""["']([A-Za-z0-9@][\w.\-/@]*)(?:\[([^\]]*)\])?\s*[^"']*["']""")
_LISTED = re.compile(r"features\s*=\s*\[([^\]]*+)")
_FEATURE = re.compile(r'"([\w\-]+)"|#[^\n]*')
_LONGEST_LIST = 4_000
_SECTION = re.compile(r"^\s*+\[++([^\]]++)\]+")
_TOML_KEY = re.compile(r"""^\s*["']?([A-Za-z0-9][\w.\-]*)["']?\s*=\s*(.*)$""")
_MEMBER = re.compile(r'"([^"\n]+)"\s*:\s*(?:(\{)|"([^"\n]*)")?|([{}])')


_OWN = {
    "pyproject.toml": ("pypi", re.compile(r'(?m)^name\s*=\s*["\']([^"\']+)')),
    "setup.py": ("pypi", re.compile(r'\bname\s*=\s*["\']([^"\']+)')),
    "package.json": (
        "npm",
        re.compile(r'^\s*+\{\s*+(?:"(?!name")\w++"\s*+:\s*+[^{\[,]++,\s*+)*+"name"\s*+:\s*+"([^"]+)"'),
    ),
    "mix.exs": ("hex", re.compile(r"\bapp:\s*:(\w+)")),
    "cargo.toml": ("cargo", re.compile(r'(?m)^name\s*=\s*"([^"]+)')),
    "go.mod": ("go", re.compile(r"(?m)^module\s+(\S+)")),
    "composer.json": ("composer", re.compile(r'"name"\s*:\s*"([^"]+)"')),
}


def own_package(path: str, data: bytes) -> tuple[str, str] | None:
    """Name the package that a manifest describes: its ecosystem, and its name as the registry compares it.

    One that needs a package of its own name is another, which only shares that name.
    """
    ecosystem, pattern = _OWN.get(path.rsplit("/", 1)[-1].lower(), ("", None))
    text = data.decode("latin-1") if pattern is not None else ""
    match = pattern.search(text) if pattern is not None else None
    if match is None or re.search(rf'"{re.escape(match[1])}"\s*:\s*"[\^~<>=*\d]', text):
        return None
    return ecosystem, normal_name(ecosystem, match[1])


def requirements(document: Document) -> Iterator[Requirement]:
    """List what a document asks for, if it is a manifest of any kind."""
    name = PurePosixPath(document.path).name.lower()
    reader = _BY_NAME.get(name) or _by_ending(name)
    if reader is not None:
        yield from reader(document)


def _by_ending(name: str) -> Callable[[Document], Iterator[Requirement]] | None:
    if name.endswith((".csproj", ".fsproj", ".vbproj", ".props", ".targets", ".nuspec")):
        return _nuget
    if name.endswith(".gemspec"):
        return _gems
    if name.endswith((".gradle", ".gradle.kts", ".sbt")) or name == "libs.versions.toml":
        return _coordinates
    if ("requirements" in name or "constraints" in name) and name.endswith((".txt", ".in", ".pip")):
        return _lines
    return None


def _rows(document: Document) -> Iterator[tuple[int, str]]:
    return enumerate((row[:_LONGEST].rstrip("\r") for row in document.rows), start=1)


def _lines(document: Document) -> Iterator[Requirement]:
    group = DEVELOPMENT if is_for_development(document.path) else RUN
    rows = [row for _, row in _rows(document)]
    for number, line in enumerate(rows, start=1):
        if match := _NAME.match(line):
            via = _VIA.match("\n".join((line.partition(" #")[2], *rows[number : number + _NOTES])))
            brought = via is not None and not _ASKED.search(via[0])
            yield Requirement("pypi", match[1], number, BROUGHT if brought else group, _extras(match[2], number))


_NOTES = 12
_VIA = re.compile(r"(?:\s*(?:--hash\S*|\\\\)\s*)*\s*#?\s*via\b[^\n]*(?:\n\s+#[^\n]*)*")
_ASKED = re.compile(r"-r\s|-c\s|\(|pyproject|setup\.py|requirements|\.in\b")
"""What pip-tools and uv write of a package that somebody asked for himself."""


def _pyproject(document: Document) -> Iterator[Requirement]:
    section, key, inside = "", "", False
    for number, line in _rows(document):
        if not inside and (match := _SECTION.match(line)):
            section = match[1].strip()
            continue
        text = line.split(" #", 1)[0]
        if text.lstrip().startswith("#"):
            continue
        if not inside and (match := _TOML_KEY.match(text)):
            key, text = match[1], match[2]
            group = _python_group(section, key)
            if section.endswith("dependencies") and not text.lstrip().startswith("[") and group:
                optional = OPTIONAL if "optional = true" in text and group == RUN else group
                yield Requirement("pypi", key, number, optional)
                continue
            inside = text.lstrip().startswith("[") and "]" not in re.sub(r"\[[\w,\- ]*\](?=[^\]]*[\"'])", "", text)
        elif inside and re.sub(r"""["'][^"']*["']""", "", text).strip().startswith("]"):
            inside = False
        group = _python_group(section, key)
        if group:
            yield from (
                Requirement("pypi", match[1], number, group, _extras(match[2], number))
                for match in _QUOTED.finditer(text)
            )


def _extras(listed: str | None, line: int) -> tuple[tuple[str, int], ...]:
    return tuple((part.strip(), line) for part in (listed or "").split(",") if part.strip())


def _python_group(section: str, key: str) -> str:
    """Say which part of the work a list of a pyproject file serves; empty when it lists no packages."""
    where = f"{section}.{key}"
    if where in {"project.dependencies", "setuptools.install_requires"}:
        return RUN
    if section in {"project.optional-dependencies", "tool.poetry.extras"}:
        return DEVELOPMENT if _DEVELOPMENT.search(key) else OPTIONAL
    if section == "tool.poetry.dependencies" or section.endswith("workspace.dependencies"):
        return RUN
    if section == "dependency-groups" or section.startswith(("tool.poetry.group.", "tool.poetry.dev", "tool.pdm.dev")):
        return DEVELOPMENT if _DEVELOPMENT.search(where.replace("dev-dependencies", "dev")) else OPTIONAL
    if (section.startswith("tool.hatch.envs") and key.endswith("dependencies")) or key == "dev-dependencies":
        return DEVELOPMENT
    return ""


def _pipfile(document: Document) -> Iterator[Requirement]:
    section = ""
    for number, line in _rows(document):
        if match := _SECTION.match(line):
            section = match[1]
        elif section in {"packages", "dev-packages"} and (match := _TOML_KEY.match(line)):
            yield Requirement("pypi", match[1], number, RUN if section == "packages" else DEVELOPMENT)


def _setup(document: Document) -> Iterator[Requirement]:
    group = RUN
    for number, line in _rows(document):
        if "extras_require" in line or "tests_require" in line:
            group = OPTIONAL if "extras" in line else DEVELOPMENT
        elif "install_requires" in line:
            group = RUN
        yield from (
            Requirement("pypi", match[1], number, group, _extras(match[2], number)) for match in _QUOTED.finditer(line)
        )
        if document.path.endswith(".cfg") and (named := _NAME.match(line)):
            yield Requirement("pypi", named[1], number, group)


def _conda(document: Document) -> Iterator[Requirement]:
    for number, line in _rows(document):
        if match := re.match(r"""^\s*-\s+["']?(?:[\w\-]+::)?([A-Za-z0-9][\w.\-]*)""", line):
            yield Requirement("pypi", match[1], number, RUN)


_NPM = {
    "dependencies": RUN,
    "devDependencies": DEVELOPMENT,
    "peerDependencies": OPTIONAL,
    "optionalDependencies": OPTIONAL,
    "bundledDependencies": RUN,
    "imports": RUN,
}
_COMPOSER = {"require": RUN, "require-dev": DEVELOPMENT, "suggest": OPTIONAL}


def _json_sections(document: Document, sections: dict[str, str], ecosystem: str) -> Iterator[Requirement]:
    """Follow the braces, so that a key counts only directly in one of the sections."""
    group, depth, at = "", 0, 0
    for match in _MEMBER.finditer(document.text):
        key, opens, value, brace = match.groups()
        if opens or brace == "{":
            depth += 1
            if opens and key in sections and not group:
                group, at = sections[key], depth
        elif brace:
            depth -= 1
            group = group if depth >= at else ""
        elif group and depth == at and value is not None:
            yield Requirement(ecosystem, _aliased(key, value), document.line_at(match.start()), group)


def _aliased(key: str, value: str) -> str:
    """Follow an alias such as `npm:@scope/name@^1`."""
    match = re.match(r"^(?:npm|jsr):(@?[\w.\-/]+)", value)
    return match[1] if match else key


def _npm(document: Document) -> Iterator[Requirement]:
    yield from _json_sections(document, _NPM, "npm")


def _composer(document: Document) -> Iterator[Requirement]:
    yield from _json_sections(document, _COMPOSER, "composer")


def _go(document: Document) -> Iterator[Requirement]:
    for number, line in _rows(document):
        match = re.match(r"^\s*+(?:require\s++)?([\w\-]++(?:\.[\w\-]++)++/[\w.\-/]++)\s++v[\d.]", line)
        if match:
            yield Requirement("go", match[1], number, BROUGHT if "// indirect" in line else RUN)


def _cargo(document: Document) -> Iterator[Requirement]:
    section = ""
    for number, line in _rows(document):
        if match := _SECTION.match(line):
            section = match[1].strip()
            if found := re.search(r"dependencies\.([\w\-]+)$", section):
                yield Requirement("cargo", found[1], number, _cargo_group(section))
        elif section.endswith("dependencies") and (match := _TOML_KEY.match(line)):
            renamed = re.search(r'package\s*=\s*"([\w\-]+)"', match[2])
            group = OPTIONAL if re.search(r"optional\s*=\s*true", match[2]) else _cargo_group(section)
            name = renamed[1] if renamed else match[1]
            yield Requirement("cargo", name, number, group, _features(document, number, match[2]))


def _features(document: Document, line: int, value: str) -> tuple[tuple[str, int], ...]:
    """The features that a crate is asked for, on as many lines as they take."""
    start = document.lines[line - 1]
    listed = _LISTED.search(document.text, start, start + _LONGEST_LIST) if "features" in value else None
    if listed is None:
        return ()
    found = _FEATURE.finditer(document.text, listed.start(1), listed.end(1))
    return tuple((each[1], document.line_at(each.start())) for each in found if each[1])


def _cargo_group(section: str) -> str:
    return DEVELOPMENT if "dev-" in section or "build-" in section else RUN


def _gems(document: Document) -> Iterator[Requirement]:
    group = RUN
    for number, line in _rows(document):
        if re.match(r"^\s*group\b.*:(test|development)", line):
            group = DEVELOPMENT
        elif re.match(r"^end\b", line):
            group = RUN
        if match := re.match(
            r"""^\s*(?:gem|\w+\.add_(?:runtime_|development_)?dependency)\s*\(?\s*["']([\w\-]+)["']""", line
        ):
            yield Requirement("gem", match[1], number, DEVELOPMENT if "development_dep" in line else group)


def _mix(document: Document) -> Iterator[Requirement]:
    for number, line in _rows(document):
        if match := re.search(r"\{\s*:(\w+)\s*,", line):
            development = re.search(r"only:\s*(?::|\[)", line) is not None
            yield Requirement(
                "hex", match[1], number, DEVELOPMENT if development else OPTIONAL if "optional: true" in line else RUN
            )


def _maven(document: Document) -> Iterator[Requirement]:
    # What is managed there is a list of versions, and not what is needed.
    managed = list(_elements(document.text, "dependencyManagement"))
    for start, end in _elements(document.text, "dependency"):
        while managed and managed[0][1] <= start:
            managed.pop(0)
        if managed and managed[0][0] <= start:
            continue
        if (span := document.span_at(start)) is not None and span.inner == span.start:
            continue
        block = document.text[start:end]
        group = re.search(r"<groupId>\s*+([^<\s]+)", block)
        unit = re.search(r"<arti\w{3,6}Id>\s*+([^<\s]+)", block)
        if unit:
            line = document.line_at(start + unit.start())
            name = f"{group[1]}:{unit[1]}" if group else unit[1]
            scope = DEVELOPMENT if "<scope>test" in block else OPTIONAL if "<optional>true" in block else RUN
            yield Requirement("maven", name, line, scope)


def _elements(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where each element of a name begins and ends; one that is never closed ends the search."""
    start = text.find(f"<{name}>")
    while start >= 0 and (end := text.find(f"</{name}>", start)) >= 0:
        yield start, end
        start = text.find(f"<{name}>", end)


_COORDINATES = (
    re.compile(r"""["']([\w.\-]+):([\w.\-]+)(?::[^"']*)?["']"""),
    re.compile(r"""["']([\w.\-]+)["']\s*%%?%?\s*["']([\w.\-]+)["']"""),
    re.compile(r"""group\s*[=:]\s*["']([\w.\-]+)["'],?\s*name\s*[=:]\s*["']([\w.\-]+)["']"""),
)


def _coordinates(document: Document) -> Iterator[Requirement]:
    """Gradle, its catalogue of versions, and sbt all write `group:name` in some form."""
    for number, line in _rows(document):
        if line.lstrip().startswith(("//", "#", "*")):
            continue
        group = DEVELOPMENT if re.search(r"\btest\w*\s*[( ]|androidTest|% Test", line) else RUN
        for pattern in _COORDINATES:
            for match in pattern.finditer(line):
                yield Requirement("maven", f"{match[1]}:{match[2]}", number, group)


def _nuget(document: Document) -> Iterator[Requirement]:
    for match in re.finditer(
        r"""<(?:PackageReference|PackageVersion|package|dependency)\s[^>]{0,500}?(?:Include|Update|id)\s*+=\s*+["']([\w.\-]+)["']""",
        document.text,
    ):
        if document.span_at(match.start()) is None:
            yield Requirement("nuget", match[1], document.line_at(match.start(1)), RUN)


def _pub(document: Document) -> Iterator[Requirement]:
    section = ""
    for number, line in _rows(document):
        if match := re.match(r"^(\w+):", line):
            section = match[1]
        elif section.endswith("dependencies") and (match := re.match(r"^  ([\w]+):", line)):
            yield Requirement("pub", match[1], number, DEVELOPMENT if section.startswith("dev") else RUN)


def _swift(document: Document) -> Iterator[Requirement]:
    for number, line in _rows(document):
        for match in re.finditer(r"""https://github\.com/([\w.\-]+/[\w.\-]+?)(?:\.git)?["'/]""", line):
            yield Requirement("swift", match[1], number, RUN)
            yield Requirement("swift", match[1].split("/")[1], number, RUN)


def _r(document: Document) -> Iterator[Requirement]:
    group = RUN
    for number, line in _rows(document):
        if match := re.match(r"^(\w+):", line):
            group = {"Imports": RUN, "Depends": RUN, "Suggests": OPTIONAL}.get(match[1], "")
        if group:
            yield from (Requirement("cran", name, number, group) for name in re.findall(r"[A-Za-z][\w.]+", line))


_BY_NAME: dict[str, Callable[[Document], Iterator[Requirement]]] = {
    "pyproject.toml": _pyproject,
    "pipfile": _pipfile,
    "setup.py": _setup,
    "setup.cfg": _setup,
    "environment.yml": _conda,
    "environment.yaml": _conda,
    "meta.yaml": _conda,
    "package.json": _npm,
    "deno.json": _npm,
    "deno.jsonc": _npm,
    "bower.json": _npm,
    "composer.json": _composer,
    "go.mod": _go,
    "cargo.toml": _cargo,
    "gemfile": _gems,
    "mix.exs": _mix,
    "pom.xml": _maven,
    "packages.config": _nuget,
    "pubspec.yaml": _pub,
    "package.swift": _swift,
    "description": _r,
}

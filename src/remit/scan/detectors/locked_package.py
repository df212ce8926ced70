"""Find packages that reach models among those that a lock file holds only because another package needs them.

1. A lock file is read where something was found in it: the head of a package's entry, or a name that an entry needs.
2. What the tree itself asks for is left to its manifest; so is an entry of which the file does not say who needs it.
3. Such a package lies there and nothing of the tree calls it: its models are dormant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from remit.scan.context import report, shows_use
from remit.scan.manifest import BROUGHT, requirements
from remit.scan.occurrence import Occurrence, Relation, Role
from remit.scan.part import Part
from remit.scan.signatures import normal_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.signatures import Package

IDENT = "locked-package"
_NPM_HEAD = re.compile(r'^\s*"((?:[^"\n]*node_modules/)?(?:@[\w.\-]+/)?[\w.\-]*)": \{')
_TOML_HEAD = re.compile(r'^name = "([^"\n]+)"')
_HEADS = {
    "package-lock.json": ("npm", _NPM_HEAD),
    "npm-shrinkwrap.json": ("npm", _NPM_HEAD),
    "yarn.lock": ("npm", re.compile(r'^"?((?:@[\w.\-]+/)?[\w.\-]+)@')),
    "pnpm-lock.yaml": ("npm", re.compile(r"^  '?/?((?:@[\w.\-]+/)?[\w.\-]+)[@/]\d|^  (\.):")),
    "poetry.lock": ("pypi", _TOML_HEAD),
    "uv.lock": ("pypi", _TOML_HEAD),
    "pdm.lock": ("pypi", _TOML_HEAD),
    "cargo.lock": ("cargo", _TOML_HEAD),
    "composer.lock": ("composer", re.compile(r'^\s*"name": "([\w.\-]+/[\w.\-]+)"')),
    "gemfile.lock": ("gem", re.compile(r"^    ([\w\-]+) \(|^(DEPENDENCIES)")),
    "mix.lock": ("hex", re.compile(r'^\s+"(\w+)": \{')),
    "packages.lock.json": ("nuget", re.compile(r'^\s*"([\w.\-]+)": \{')),
    "pubspec.lock": ("pub", re.compile(r"^  (\w+):")),
}
_KEYS = frozenset(
    ["dependencies", "requires", "packages", "engines", "bin", "funding", "peerDependencies", "optionalDependencies",
     "devDependencies", "peerDependenciesMeta", "libc", "os", "cpu"]
)  # fmt: skip
_ROOT = frozenset(["", ".", "DEPENDENCIES"])
_TOKEN = re.compile(r"@?[\w.\-]+(?:/[\w.\-]+)?")
_BROUGHT = re.compile(r'"type": "Transitive"|dependency: transitive')
_DEVELOPMENT = re.compile(r'"dev": true|category = "dev"|dev: true')
_FARTHEST = 400
_ENTRY = 14
_SHOWN = 3


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each package that is there only because another needs it."""
    if document.part is Part.LOCK:
        yield from _locked(document, context)
    elif document.part is Part.MANIFEST:
        for requirement in (each for each in requirements(document) if each.group == BROUGHT):
            key = (requirement.ecosystem, normal_name(requirement.ecosystem, requirement.name))
            if package := context.signatures.packages.get(key):
                yield from _dormant(document, context, package, requirement.line, "another package")


def _locked(document: Document, context: Context) -> Iterator[Occurrence]:
    ecosystem, head = _HEADS.get(document.path.rsplit("/", 1)[-1].lower(), ("", None))
    if head is None:
        return
    entries: dict[str, tuple[int, Package]] = {}
    needed: dict[str, set[str]] = defaultdict(set)
    for line in sorted({document.line_at(hit.start) for hit in document.hits}):
        text = document.line_text(line)
        own = _named(head, text)
        if own and (package := _package(ecosystem, own, context)):
            entries.setdefault(package.name, (line, package))
        for word in _TOKEN.findall(text):
            package = _package(ecosystem, word, context) if word != own else None
            if package is not None:
                needed[package.name].add(own or _entry(document, head, line))
    for name, (line, package) in sorted(entries.items()):
        below = "\n".join(document.rows[line : line + _ENTRY])
        by = needed[name] - {name}
        if by and not any(_is_own(ecosystem, each, context) for each in by):  # (2)
            shown = sorted(by)[:_SHOWN]
            who = ", ".join(shown) + (f" and {len(by) - len(shown)} more" if len(by) > len(shown) else "")
            group = "development" if _DEVELOPMENT.search(below) else "run"
            yield from _dormant(document, context, package, line, who, group)
        elif not by and _BROUGHT.search(below):
            yield from _dormant(document, context, package, line, "another package")


def _named(head: re.Pattern[str], text: str) -> str | None:
    """The package at whose entry a line begins; nothing where it begins none."""
    match = head.match(text)
    if match is None:
        return None
    name = next((group for group in match.groups() if group is not None), "")
    return None if name in _KEYS else name.rsplit("node_modules/", 1)[-1]


def _entry(document: Document, head: re.Pattern[str], line: int) -> str:
    """The package in whose entry a line stands; the tree itself where it stands in none."""
    for number in range(line - 2, max(-1, line - _FARTHEST), -1):
        name = _named(head, document.rows[number][:_FARTHEST])
        if name is not None:
            return name
    return ""


def _package(ecosystem: str, name: str, context: Context) -> Package | None:
    package = context.signatures.packages.get((ecosystem, normal_name(ecosystem, name)))
    return package if package is not None and shows_use(package) else None


def _is_own(ecosystem: str, name: str, context: Context) -> bool:
    return name in _ROOT or (ecosystem, normal_name(ecosystem, name)) in context.own_packages


def _dormant(
    document: Document, context: Context, package: Package, line: int, by: str, group: str = "run"
) -> Iterator[Occurrence]:
    for maker, channel in report(context, package.maker, package.channel):
        if maker and not maker.startswith("?"):
            yield Occurrence(
                detector=IDENT,
                path=document.path,
                line=line,
                maker=maker,
                channel=channel,
                relation=Relation.DORMANT,
                role=Role.DEPENDENCY,
                bound=group,
                says=f"holds {package.name}, which {by} needs" + ("" if group == "run" else f" ({group})"),
            )

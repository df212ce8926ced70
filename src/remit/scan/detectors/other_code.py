"""Find what code in the other languages imports, by the line on which it says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import imported, relation_of, report
from remit.scan.detectors.python_call import maker_in
from remit.scan.occurrence import Occurrence
from remit.scan.part import Part
from remit.scan.scope import scope_of
from remit.scan.signatures import MAJOR
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.mention import Mention
    from remit.scan.signatures import Package

IDENT = "other-code"

_JVM = re.compile(r"^\s*import\s+(?:static\s+)?([\w.]+)")
_IMPORTS: dict[str, tuple[str, str, re.Pattern[str]]] = {
    "java": ("maven", ".", _JVM),
    "kotlin": ("maven", ".", _JVM),
    "scala": ("maven", ".", _JVM),
    "groovy": ("maven", ".", _JVM),
    "csharp": (
        "nuget",
        ".",
        re.compile(r"^\s*(?:global\s+)?(?:using|open|Imports)\s+(?:static\s+)?(?:\w+\s*=\s*)?([\w.]+)\s*;?"),
    ),
    "rust": ("cargo", "::", re.compile(r"^\s*(?:pub\s+)?(?:use|extern\s+crate)\s+([\w:]+)")),
    "ruby": ("gem", "/", re.compile(r"""^\s*(?:require|gem)\s*\(?\s*["']([\w/\-]+)["']""")),
    "php": ("composer", "\\", re.compile(r"^\s*use\s+(?:function\s+)?\\?([\w\\]+)")),
    "elixir": ("hex", ".", re.compile(r"^\s*(?:alias|import|use|require)\s+([\w.]+)")),
    "swift": ("swift", ".", re.compile(r"^\s*(?:@\w+\s+)?import\s+(?:struct\s+|class\s+|func\s+)?([\w.]+)")),
    "dart": ("pub", "/", re.compile(r"""^\s*(?:import|export)\s+["']package:([\w/]+)""")),
    "r": ("cran", ".", re.compile(r"""(?:library|require|requireNamespace)\(\s*["']?([\w.]+)""")),
    "julia": ("julia", ".", re.compile(r"^\s*(?:using|import)\s+([\w.]+)")),
    "lua": ("lua", ".", re.compile(r"""require\s*\(?\s*["']([\w.\-]+)""")),
    "perl": ("cpan", "::", re.compile(r"^\s*use\s+([\w:]+)")),
    "clojure": ("maven", ".", re.compile(r"\[([\w.\-]+)")),
}
_DECLARING = {"java", "kotlin", "scala", "groovy", "csharp"}
_OWN = re.compile(r"^[ \t]*+(?:namespace|package)[ \t]++([\w.]++)", re.MULTILINE)
"""Where a file says of which module it is a part, which it does not take from elsewhere."""
_FAR = 2
_CLIENT = re.compile(r"^go[-_]|[-_](?:go|client|sdk|api)$|^(?:go)(?=[a-z]{4})")
_GO_PATH = re.compile(r"^[\w.\-]+(?:/[\w.\-]+)+$")


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield the imports of a file in a language that has no detector of its own."""
    if document.part is Part.DOCUMENTATION:
        return
    if document.language == "go":
        yield from _go(document, context)
    elif document.language in _IMPORTS:
        yield from _by_line(document, context)


def _go(document: Document, context: Context) -> Iterator[Occurrence]:
    for mention in document.mentions:
        if mention.kind is Kind.STRING and _GO_PATH.match(mention.token):
            package = imported(context, "go", mention.token, "/")
            if package is not None and not mention.place.key:
                yield from _used(document, context, package, mention.line, mention.token)
            elif package is None and (maker := _named_after(document, mention, context)):
                yield _called(document, context, maker, mention)


def _named_after(document: Document, mention: Mention, context: Context) -> str:
    """Name the maker after whom a module of somebody else's is called, where calls are made on it."""
    path = MAJOR.sub("", mention.token)
    if any(eco == "go" and path.startswith(own) for eco, own in context.own_packages) or path.count("/") < _FAR:
        return ""
    last = path.rsplit("/", 1)[-1].lower()
    bare = _CLIENT.sub("", last)
    maker = context.signatures.words.get(bare, "")
    local = mention.place.callee or re.sub(r"\W", "", bare)
    line = document.line_text(mention.line)
    alias = re.match(r'^\s*(?:import\s+)?(\w+)\s+"', line)
    called = re.search(rf"(?<![\w.]){re.escape(alias[1] if alias else local)}\.New\w*\(", document.text)
    return maker if bare and called else ""


def _called(document: Document, context: Context, maker: str, mention: Mention) -> Occurrence:
    return Occurrence(
        detector=IDENT,
        path=document.path,
        line=mention.line,
        maker=maker,
        scoped=scope_of(document, None, mention.line, context.signatures),
        says=f"imports and calls {mention.token}",
    )


def _by_line(document: Document, context: Context) -> Iterator[Occurrence]:
    """Read only lines with a hit on them; an import that names a package is one."""
    ecosystem, separator, pattern = _IMPORTS[document.language]
    own = _OWN.search(document.text) if document.language in _DECLARING else None
    for line in document.live_lines:
        text = document.line_text(line)
        for match in pattern.finditer(text):
            if _is_written(document, line, match) or (own is not None and f"{match[1]}.".startswith(f"{own[1]}.")):
                continue
            if package := imported(context, ecosystem, match[1], separator):
                yield from _used(document, context, package, line, match[1], match[1].rsplit(separator, 1)[-1])


def _is_written(document: Document, line: int, match: re.Match[str]) -> bool:
    """Say whether a line that reads like an import stands in a string: it is code that some code writes."""
    start = document.lines[line - 1] + match.start() + len(match[0]) - len(match[0].lstrip())
    span = document.span_at(start)
    return span is not None and span.kind is Kind.STRING and span.start < document.lines[line - 1]


def _used(
    document: Document, context: Context, package: Package, line: int, module: str, name: str = ""
) -> Iterator[Occurrence]:
    maker = maker_in(name, context) if name and package.kind in {"framework", "adapter"} else None
    for found, channel in report(context, maker or package.maker, package.channel):
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=line,
            maker=found,
            channel=channel,
            relation=relation_of(package),
            scoped=scope_of(document, None, line, context.signatures),
            says=f"imports {module}",
        )

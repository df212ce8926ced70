"""Find what Python code imports and constructs, read with the language's own parser.

1. An import counts by the module it names, never by a relative one or one that the tree itself holds.
2. A client that is given another service's address speaks a maker's protocol to somebody else.
3. A class taken from a framework bears its maker in its name.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from remit.scan.context import imported, relation_of, relation_when_made, report
from remit.scan.detectors.provider_address import LOCAL, host_in
from remit.scan.occurrence import Grip, Occurrence, Relation, Role
from remit.scan.part import Part
from remit.scan.scope import scope_of
from remit.scan.words import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.signatures import Package

IDENT = "python-call"
_DIVIDES = re.compile(r"\w*Tokenizer(?:Fast)?")
"""What divides text into tokens, and asks no model."""
_SILENT = {"datasets", "evaluate"}
_LINE = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\s+(.*)|import\s+([\w., ]+))")
_IMPORT = re.compile(r"\b(?:from|import)\s+([A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_][\w.]*)*)")
_BESIDE = frozenset(
    [
        "graphs",
        "vectorstores",
        "document_loaders",
        "document_transformers",
        "retrievers",
        "text_splitter",
        "text_splitters",
        "utilities",
        "chat_message_histories",
        "storage",
    ]
)
"""Parts of frameworks that hold documents and reach no model."""
_MAGIC = re.compile(rb"(?m)^([ \t]*)[%!][^\n]*$")


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield imports and constructions of a Python file."""
    if document.language != "python" or document.part is Part.DOCUMENTATION or not document.hits:
        return
    if not _is_worth_it(document, context):
        return
    tree = parsed(document)
    if tree is None:
        yield from _by_line(document, context)
        return
    bound: dict[str, Package] = {}
    calls = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            calls.append(node)
        else:
            yield from _imports(document, context, node, bound)
    for node in calls:
        yield from _call(document, context, node, bound)


def _is_worth_it(document: Document, context: Context) -> bool:
    """Parse only where an import names a package of the catalogue, or one is imported by a string."""
    text = document.text
    if "import_module" in text or "__import__" in text:
        return True
    names = (match[1] for match in _IMPORT.finditer(text))
    return any(_package(context, part.strip()) for name in names for part in name.split(","))


def parsed(document: Document) -> ast.Module | None:
    """Parse a file, or give nothing when it is no Python of ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(_MAGIC.sub(rb"\1pass", document.data))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _imports(document: Document, context: Context, node: ast.AST, bound: dict[str, Package]) -> Iterator[Occurrence]:
    if isinstance(node, ast.Import):
        for name in node.names:
            package = _package(context, name.name)
            known = name.asname or name.name
            if package and (known in bound or not _only_divides(document.text, known)):
                bound[name.asname or name.name.split(".")[0]] = package
                yield from _used(document, context, package, node.lineno, name.name)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for name in node.names:
            package = _package(context, f"{node.module}.{name.name}") or _package(context, node.module)
            if package is None or _DIVIDES.fullmatch(name.name):
                continue
            bound[name.asname or name.name] = package
            yield from _used(document, context, package, node.lineno, f"{node.module}.{name.name}", name.name)


@lru_cache(maxsize=4)
def _only_divides(text: str, name: str) -> bool:
    """Say whether all that is taken of a module divides text into tokens, which asks no model."""
    taken = re.findall(rf"\b{re.escape(name)}\)?\.(\w+)", text)
    return bool(taken) and all(_DIVIDES.fullmatch(each) for each in taken)


def _package(context: Context, module: str) -> Package | None:
    parts = module.split(".")
    if parts[0] in context.own_modules or not _BESIDE.isdisjoint(parts):
        return None
    return imported(context, "pypi", module, ".")


def _used(
    document: Document, context: Context, package: Package, line: int, module: str, name: str = ""
) -> Iterator[Occurrence]:
    """A package's own maker, or the maker in the name of what is taken from a framework."""
    makers = [maker_in(name, context)] if name and package.kind in {"framework", "adapter", "sdk"} else []
    maker = next((found for found in makers if found), None)
    sure = maker is not None and maker != package.maker
    for found, channel in report(context, maker or package.maker, package.channel):
        yield Occurrence(
            detector=IDENT,
            path=document.path,
            line=line,
            maker=found,
            channel=channel,
            relation=relation_of(package),
            role=Role.CALL_SITE,
            grip=Grip.FIRM,
            scoped=scope_of(document, None, line, context.signatures),
            says=f"imports {module}" + (" for this maker's models" if sure else ""),
        )


def maker_in(name: str, context: Context) -> str | None:
    """Name the maker whose word begins or ends a class: ChatAnthropic, LlamaForCausalLM."""
    parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+", name)]
    joined = ["".join(parts[first:last]) for first in range(len(parts)) for last in range(first + 1, len(parts) + 1)]
    for word in sorted(joined, key=len, reverse=True):
        if maker := context.signatures.class_words.get(word):
            return maker
    return None


def _call(document: Document, context: Context, node: ast.Call, bound: dict[str, Package]) -> Iterator[Occurrence]:
    callee = ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""
    if callee.endswith(("import_module", "__import__")) and node.args:
        module = _text(node.args[0])
        if module and (package := _package(context, module)):
            yield from _used(document, context, package, node.lineno, module)
    package = bound.get(callee.split(".")[0])
    if package is None or not package.maker or not callee.rsplit(".", 1)[-1][:1].isupper():
        return
    for keyword in node.keywords:
        if keyword.arg and is_address(keyword.arg):
            yield from _addressed(document, context, package, node, keyword)
            return
    yield _constructed(document, package, node, relation_when_made(package), f"constructs {callee}")


def _addressed(
    document: Document, context: Context, package: Package, node: ast.Call, keyword: ast.keyword
) -> Iterator[Occurrence]:
    """Judge a client by the address it is given (2)."""
    texts = [text for part in ast.walk(keyword.value) if (text := _text(part))]
    for text in texts:
        host = host_in(text, context.signatures)
        if host is not None and package.maker in {host.maker, ""}:
            yield _constructed(document, package, node, Relation.RUNTIME_CALL, "constructs a client for its service")
            return
        if host is not None or LOCAL.search(text):
            yield _constructed(document, package, node, Relation.PROTOCOL_ONLY, f"speaks its protocol to {text}")
            return
    yield _constructed(
        document, package, node, Relation.PROTOCOL_ONLY, "speaks its protocol to an address set elsewhere"
    )


def _constructed(document: Document, package: Package, node: ast.Call, relation: Relation, says: str) -> Occurrence:
    return Occurrence(
        detector=IDENT,
        path=document.path,
        line=node.lineno,
        maker=package.maker,
        channel=package.channel or "direct",
        relation=relation,
        role=Role.CALL_SITE,
        grip=Grip.LOOSE,
        bound="construction",
        says=says,
    )


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _by_line(document: Document, context: Context) -> Iterator[Occurrence]:
    """Read the imports line by line where the parser gave up: old syntax, magics, templates."""
    for number, line in enumerate(document.rows, start=1):
        match = _LINE.match(line)
        if match is None:
            continue
        modules = [match[1]] if match[1] else [part.split(" as ")[0].strip() for part in match[3].split(",")]
        for module in modules:
            if package := _package(context, module):
                yield from _used(document, context, package, number, module)

"""Which namespaces a file belongs to and imports, and which types it defines, read from the bytes of every file."""

from __future__ import annotations

import re
from typing import NamedTuple

from remit.scan.type_outline import OUTLINED

_SPACE = re.compile(rb"^[ \t]*(?:package|namespace)\s+([\w.`]+)", re.MULTILINE)
_IMPORT = re.compile(
    rb"^[ \t]*@?(?P<all>global[ \t]+)?(?:import|using)[ \t]+(?:static[ \t]+)?(?:\w+[ \t]*=[ \t]*)?"
    rb"(?P<path>[\w.`]+)(?P<rest>\.?(?:\*|_|\{[^{}\n]*\}))?(?:[ \t]+as[ \t]+\w+)?[ \t]*;?[ \t]*\r?$",
    re.MULTILINE,
)
_TYPE = re.compile(
    rb"(?<![\w.$:])(?:class|interface|object|record|struct|trait|enum|protocol|actor)\s+(?:(?:class|struct)\s+)?([A-Z]\w*)"
)
_FOREIGN = ("java.", "javax.", "kotlin.", "kotlinx.", "android.", "androidx.", "scala.", "System.", "jakarta.")
_PAGES = (".razor", ".cshtml")
_FOR_ALL = ("_Imports.razor", "_ViewImports.cshtml")
_MOST = 200


class Row(NamedTuple):
    """What one file says of namespaces."""

    spaces: tuple[str, ...]
    """Those that it belongs to."""
    seen: tuple[str, ...]
    """Those that it imports whole."""
    named: tuple[str, ...]
    """The names that it imports, each with its namespace."""
    shared: tuple[str, ...]
    """Those that it imports for all of its project."""
    types: tuple[str, ...]


def row_of(path: str, data: bytes, language: str) -> Row | None:
    """What a file says of namespaces, where its language has them."""
    if language not in OUTLINED and not path.endswith(_PAGES):
        return None
    dotted = language == "csharp" or path.endswith(_PAGES)
    spaces = dict.fromkeys(match[1].decode("latin-1").replace("`", "") for match in _SPACE.finditer(data))
    seen, named, shared = dict[str, None](), dict[str, None](), dict[str, None]()
    for match in _IMPORT.finditer(data):
        name, rest = match["path"].decode("latin-1").strip(".`"), match["rest"] or b""
        if name.startswith(_FOREIGN):
            continue
        if match["all"] or path.endswith(_FOR_ALL):
            shared[name] = None
        elif dotted or rest.strip(b".") in {b"*", b"_"}:
            seen[name] = None
        elif rest:
            named |= dict.fromkeys(f"{name}.{word}" for word in re.findall(r"\w+", rest.decode("latin-1")))
        else:
            named[name] = None
    types = dict.fromkeys(name.decode("latin-1") for name in _TYPE.findall(data))
    return Row(*(tuple(found)[:_MOST] for found in (spaces or {"": None}, seen, named, shared, types)))

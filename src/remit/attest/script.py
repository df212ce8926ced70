"""The verifier as one file: the sources of `remit verify`, each as it stands here, behind a loader of a few lines.

1. What goes in is what `remit verify` imports when it starts; looking again needs the rest of Remit and stays out.
2. The sources are not changed, so that each can be held against the release by its digest, which stands beside it.
"""

from __future__ import annotations

import ast
import hashlib
from importlib import resources

from remit import __version__

ROOTS = ("remit.cli.main", "remit.cli.parser", "remit.cli.verify")
_HEAD = '''\
#!/usr/bin/env python3
"""remit-verify {version}: checks a bundle that `remit attest` wrote. It needs Python 3.11 and cryptography, no more.

    python -I remit-verify.py BUNDLE --allowed-signers FILE

Below stand the sources of `remit verify` unchanged, each with its SHA-256, and at the end what loads them.
Licence: Apache-2.0.
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

SOURCES = {{}}
'''
_TAIL = '''

class Held(MetaPathFinder, Loader):
    """Loads the modules that stand above."""

    def find_spec(self, name, path=None, target=None):
        if name not in SOURCES and not any(known.startswith(name + ".") for known in SOURCES):
            return None
        return ModuleSpec(name, self, is_package=any(known.startswith(name + ".") for known in SOURCES))

    def exec_module(self, module):
        source = SOURCES.get(module.__name__, "")
        exec(compile(source, "<" + module.__name__ + ">", "exec"), module.__dict__)


if __name__ == "__main__":
    sys.meta_path.insert(0, Held())
    from remit.cli.main import main

    sys.exit(main(["verify", *sys.argv[1:]]))
'''


def write_script() -> bytes:
    """Write the file."""
    parts = [_HEAD.format(version=__version__)]
    for name, source in sorted(sources().items()):
        parts.append(f"\n# {name}: sha256:{hashlib.sha256(source.encode()).hexdigest()}\n")
        parts.append(f"SOURCES[{name!r}] = {_literal(source)}\n")
    return "".join([*parts, _TAIL]).encode()


def sources() -> dict[str, str]:
    """Return the source of every module that the verifier imports when it starts (1)."""
    found: dict[str, str] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _source(name)
        parent = name.rpartition(".")[0]
        waiting += [*_imports(found[name]), *([parent] if parent else [])]
    return found


def _source(name: str) -> str:
    place = resources.files("remit")
    *folders, last = name.split(".")[1:] or [""]
    for folder in folders:
        place /= folder
    whole = place / last if last else place
    file = whole / "__init__.py" if whole.is_dir() else place / f"{last}.py"
    return file.read_text(encoding="utf-8")


def _imports(source: str) -> list[str]:
    """Name the modules of ours that a module imports at its top."""
    return [
        node.module
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "remit"
    ]


def _literal(source: str) -> str:
    """Write a source as it reads, or with escapes where it could end the text around it."""
    plain = "'''" not in source and not source.endswith(("'", "\\"))
    return f"r'''{source}'''" if plain else repr(source)

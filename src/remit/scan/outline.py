"""Which line of settings stands under which: by indentation in YAML, by section elsewhere."""

from __future__ import annotations

import re

YAML_LINE = re.compile(
    r"""^(?P<indent>\s*)(?P<dashes>(?:-\s+)*)"""
    r"""(?:(?P<key>"[^"]*"|'[^']*'|[^\s#:'"\[{&*!|>][^#]*?)\s*:(?:\s+|$))?(?P<value>.*)$"""
)
_SECTION = re.compile(r"^\s*\[([^\]]+)\]")


def outline(text: str, language: str) -> tuple[list[int], list[str]]:
    """For each line, which line it stands under (or -1), and the key it gives to those under it."""
    lines = text.split("\n")
    return _by_indent(lines) if language == "yaml" else _by_section(lines)


def _by_section(lines: list[str]) -> tuple[list[int], list[str]]:
    parents, keys, section = [], [], -1
    for number, line in enumerate(lines):
        match = _SECTION.match(line)
        section = number if match else section
        parents.append(-1 if match else section)
        keys.append(match[1] if match else "")
    return parents, keys


def _by_indent(lines: list[str]) -> tuple[list[int], list[str]]:
    """A dash belongs to the list, one step further out than the mapping it begins."""
    parents: list[int] = []
    keys: list[str] = []
    open_lines: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        body = line.lstrip(" ")
        indent = len(line) - len(body)
        if not body.strip() or body.startswith("#"):
            parents.append(-1)
            keys.append("")
            continue
        depth = indent + 1 if body.startswith("- ") else indent
        while open_lines and open_lines[-1][0] >= depth:
            open_lines.pop()
        parents.append(open_lines[-1][1] if open_lines else -1)
        match = YAML_LINE.match(line)
        key = match["key"].strip("\"'") if match and match["key"] else ""
        keys.append(key)
        if key:
            open_lines.append((depth + 1 if body.startswith("- ") else depth, number))
    return parents, keys

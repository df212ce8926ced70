"""Bytes as text that keeps ASCII as it is, or the reason why there is no text in them."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from remit.scan import coverage as reasons
from remit.scan.source import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.coverage import Coverage

_HEAD = 8_192
_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_POINTER = b"version https://git-lfs.github.com/spec/"
PACKED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
"""What begins a file that is packed, or an archive of a kind that is."""
_SEALED = (b"7z\xbc\xaf\x27\x1c", b"Rar!")
"""What else begins an archive, of kinds that are not read here."""
_RETURN = re.compile(rb"\r(?!\n)")
_TAR_MARK = slice(257, 262)
_ARCHIVES = (
    ".zip", ".whl", ".jar", ".war", ".ear", ".egg", ".nupkg", ".tar", ".tgz", ".gz", ".tbz2", ".bz2", ".txz", ".xz",
    ".zst", ".tzst", ".crate", ".gem", ".apk", ".aar", ".vsix", ".7z", ".rar",
)  # fmt: skip


def reading_of(path: str, data: bytes, coverage: Coverage) -> Iterator[Reading]:
    """Count some bytes as read or as skipped, and yield them where they hold text."""
    text, why = as_text(data)
    if text is None:
        if why == reasons.BINARY and has_archive_name(path):
            why = reasons.PACKING if data.startswith(_SEALED) else reasons.ARCHIVE if is_archive(path, data) else why
        coverage.skip(path, why)
        return
    coverage.read += 1
    yield Reading(path, text)


def is_archive(path: str, data: bytes) -> bool:
    """Say whether a file is packed and named so; a document of an office is packed too, and no archive."""
    return has_archive_name(path) and (data.startswith(PACKED) or data[_TAR_MARK] == b"ustar")


def has_archive_name(path: str) -> bool:
    """Say whether a file is named as an archive is."""
    return path.lower().endswith(_ARCHIVES)


def as_text(data: bytes) -> tuple[bytes | None, str]:
    """Give bytes in an encoding that keeps ASCII as it is, or the reason why there is no text in them."""
    if data.startswith(_POINTER):
        return None, reasons.POINTER
    head = data[:_HEAD]
    for mark, encoding in _WIDE.items():
        if head.startswith(mark):
            return data.decode(encoding, "replace").encode(), ""
    if b"\0" not in head:
        return _lines(data.removeprefix(codecs.BOM_UTF8)), ""
    if encoding := _unmarked(head):
        return data.decode(encoding, "replace").encode(), ""
    return None, reasons.BINARY


def _lines(data: bytes) -> bytes:
    """A return alone ended the lines of old systems; it ends them here too, so that every place has its line."""
    return _RETURN.sub(b"\n", data) if b"\r" in data else data


def _unmarked(head: bytes) -> str:
    """Recognise UTF-16 without a mark: every other byte of plain text is nought."""
    half = len(head) // 2
    if half > 4 and head[1::2].count(0) > half * 0.8 and not head[::2].count(0):  # noqa: PLR2004
        return "utf-16-le"
    if half > 4 and head[::2].count(0) > half * 0.8 and not head[1::2].count(0):  # noqa: PLR2004
        return "utf-16-be"
    return ""

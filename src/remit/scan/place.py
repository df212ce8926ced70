"""Which source a place is: a folder or file, an archive, an image, somebody else's bill of materials."""

from __future__ import annotations

from os.path import isfile  # It says no in a folder that may not be read, where a path's own question raises.
from typing import TYPE_CHECKING

from remit.scan.folder import Folder
from remit.scan.text import PACKED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from remit.scan.source import Source

_HEAD = 300


def source_of(path: Path, spared: Iterable[Path] = ()) -> Source:
    """Choose the source by what lies at a path; what looks like nothing else is a folder or a file."""
    if path.is_dir():
        if all(isfile(path / name) for name in ("oci-layout", "index.json")):  # noqa: PTH113 - as above.
            from remit.scan.image import Image  # noqa: PLC0415 - most places are folders.

            return Image(path)
        return Folder(path, spared=spared)
    if _is_packed(path):
        from remit.scan.archive import Archive  # noqa: PLC0415 - as above.
        from remit.scan.image import Image, is_image  # noqa: PLC0415 - as above.

        return Image(path) if is_image(path) else Archive(path)
    from remit.scan.bill import Bill, is_bill  # noqa: PLC0415 - as above.

    return Bill(path) if is_bill(path) else Folder(path, spared=spared)


def _is_packed(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return head.startswith(PACKED) or head[257:262] == b"ustar"

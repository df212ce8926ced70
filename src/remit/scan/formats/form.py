"""The forms that findings and reports can be printed in, and the one place where a form is chosen.

Each form is a file of its own beside this one, imported only when it is asked for.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, assert_never

from remit.scan.formats.code import without_silent

if TYPE_CHECKING:
    from remit.scan.formats.inventory import Inventory


class Form(StrEnum):
    """A form, by the word that asks for it."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"
    CSV = "csv"
    HTML = "html"


SUFFIXES = {
    ".cdx.json": Form.CYCLONEDX,
    ".spdx.json": Form.SPDX,
    ".spdx3.json": Form.SPDX,
    ".sarif.json": Form.SARIF,
    ".sarif": Form.SARIF,
    ".json": Form.JSON,
    ".md": Form.MARKDOWN,
    ".csv": Form.CSV,
    ".html": Form.HTML,
    ".txt": Form.TEXT,
}
"""Which form the end of a file's name asks for; the longer end comes first."""

CYCLONEDX_VERSIONS = ("1.6", "1.7")


def form_of(name: str) -> Form | None:
    """Tell the form by the end of a file's name."""
    lower = name.lower()
    return next((form for suffix, form in SUFFIXES.items() if lower.endswith(suffix)), None)


def write(form: Form, inventory: Inventory, *, timestamp: str = "", cyclonedx: str = "1.6") -> str:
    """Write an inventory in a form; the same inventory gives the same text."""
    match form:
        case Form.TEXT:
            return "\n".join("".join(text for text, _ in spans).rstrip() for spans in _text(inventory)) + "\n"
        case Form.MARKDOWN:
            return "\n".join(line.rstrip() for line in _markdown(inventory)) + "\n"
        case Form.JSON:
            return as_text(_record(inventory))
        case Form.SARIF:
            from remit.scan.formats.sarif import sarif_log  # noqa: PLC0415 - a form nobody asked for costs nothing.

            return as_text(sarif_log(inventory))
        case Form.CYCLONEDX:
            from remit.scan.formats.cyclonedx import bill_of_materials  # noqa: PLC0415 - as above.

            return as_text(bill_of_materials(inventory, version=cyclonedx, timestamp=timestamp))
        case Form.SPDX:
            from remit.scan.formats.spdx import spdx_document  # noqa: PLC0415 - as above.

            return as_text(spdx_document(inventory, timestamp=timestamp))
        case Form.CSV:
            from remit.scan.formats.sheet import sheet  # noqa: PLC0415 - as above.

            return sheet(inventory)
        case Form.HTML:
            from remit.scan.formats.page import page  # noqa: PLC0415 - as above.

            return page(inventory)
        case _:
            assert_never(form)


def as_text(record: dict[str, Any]) -> str:
    """Write a record as JSON in one fixed form: sorted keys, two spaces, UTF-8, and no sign that acts unseen."""
    return without_silent(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False)) + "\n"


def _text(inventory: Inventory) -> list[list[tuple[str, str]]]:
    if inventory.report is not None:
        from remit.scan.formats.terminal import terminal_lines  # noqa: PLC0415 - as above.

        return list(terminal_lines(inventory.report))
    from remit.scan.formats.listing import listing_lines  # noqa: PLC0415 - as above.

    return [line for findings in inventory.findings for line in listing_lines(findings)]


def _markdown(inventory: Inventory) -> list[str]:
    if inventory.report is not None:
        from remit.scan.formats.markdown import markdown_lines  # noqa: PLC0415 - as above.

        return list(markdown_lines(inventory.report))
    from remit.scan.formats.listing import listing_page  # noqa: PLC0415 - as above.

    return [line for findings in inventory.findings for line in listing_page(findings)]


def _record(inventory: Inventory) -> dict[str, Any]:
    if inventory.report is not None:
        from remit.scan.formats.record import report_record  # noqa: PLC0415 - as above.

        return report_record(inventory.report)
    from remit.scan.formats.joined import joined_record  # noqa: PLC0415 - as above.

    return joined_record(inventory.findings)

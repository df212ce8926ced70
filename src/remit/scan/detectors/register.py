"""Every detector, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from remit.scan.detectors import (
    agent_file,
    command,
    configuration,
    container,
    credential,
    dependency,
    infrastructure,
    joined_text,
    locked_package,
    maker_name,
    model_id,
    other_code,
    provider_address,
    python_call,
    script_call,
    workflow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.occurrence import Occurrence


class Detector(Protocol):
    """What a detector offers: its name, and the places it finds in one document."""

    IDENT: str

    def detect(self, document: Document, context: Context) -> Iterator[Occurrence]:
        """Yield each place of a document that this detector knows."""


DETECTORS: tuple[Detector, ...] = (
    agent_file,
    command,
    configuration,
    container,
    credential,
    dependency,
    infrastructure,
    joined_text,
    locked_package,
    maker_name,
    model_id,
    other_code,
    provider_address,
    python_call,
    script_call,
    workflow,
)

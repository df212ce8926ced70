"""Terms read from texts, as they would stand in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.terms.folder import Files, read_terms

if TYPE_CHECKING:
    from remit.terms.terms import Terms


def read_texts(register: str, **instruments: str) -> Terms:
    """Read a register and instruments; the file is called as the keyword, with hyphens."""
    files = {f"instruments/{name.replace('_', '-')}.yaml": text.encode() for name, text in instruments.items()}
    return read_terms(Files(register.encode(), files, {}))

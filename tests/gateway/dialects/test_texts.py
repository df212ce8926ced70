"""Every way by which words reach a model is read for whom they speak of, files too."""

import base64
from typing import Any

import pytest

from tests.gateway.dialects.wire import CHAT, RESPONSES, ask_at

ROWS = "name,mail\nA. Okoro,okoro@quay.example\n"
ENCODED = base64.b64encode(ROWS.encode()).decode()
FILES = [f"data:text/csv;base64,{ENCODED}", f"data:application/json;base64,{ENCODED}", ENCODED, ROWS]
PICTURE = base64.b64encode(b"\x89PNG\x00\xff\xfe" * 40).decode()


def texts_of(path: str, data: str) -> str:
    if path == CHAT:
        part: dict[str, Any] = {"type": "file", "file": {"filename": "rows.csv", "file_data": data}}
        return "\n".join(ask_at(path, messages=[{"role": "user", "content": [part]}]).texts())
    part = {"type": "input_file", "filename": "rows.csv", "file_data": data}
    return "\n".join(ask_at(path, input=[{"role": "user", "content": [part]}]).texts())


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize("data", FILES, ids=["text", "json", "encoded alone", "as it stands"])
def test_the_words_of_a_file_are_read(path: str, data: str) -> None:
    assert "okoro@quay.example" in texts_of(path, data)


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize("data", [f"data:application/pdf;base64,{PICTURE}", PICTURE], ids=["marked", "unmarked"])
def test_what_is_no_text_is_not_read_for_words(path: str, data: str) -> None:
    assert PICTURE[:40] not in texts_of(path, data)


@pytest.mark.parametrize("more", [{"documents": [{"text": ROWS}]}, {"chat_template_kwargs": {"context": ROWS}}])
def test_what_a_server_puts_into_the_prompt_is_read(more: dict[str, Any]) -> None:
    assert "okoro@quay.example" in "\n".join(ask_at(CHAT, **more).texts())

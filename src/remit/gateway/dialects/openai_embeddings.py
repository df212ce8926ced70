"""OpenAI's embeddings: texts go in, numbers come out, and nothing can be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from remit.gateway import strict_json
from remit.gateway.dialects import openai_error
from remit.gateway.dialects.dialect import Ask, Refusal, Reply, ReplyFilter, Retold
from remit.gateway.dialects.plain import PlainReply
from remit.gateway.dialects.request import read_body, read_declared, read_session, read_text, texts_in
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

_DECIDING = frozenset({"model", "input", "user", "stream", "tools"})


class OpenAiEmbeddings:
    """The wire of `POST /v1/embeddings`."""

    name = "openai-embeddings"

    def read(self, body: bytes, headers: Mapping[str, str], query: str) -> Ask:  # noqa: D102, ARG002 - it has no query
        fields = read_body(body, _DECIDING)
        given = fields.get("input")
        if not isinstance(given, (str, list)):
            raise Unreadable("input", "text, or a list of texts or tokens")
        return Ask(
            model=read_text(fields, "model", needed=True),
            session=read_session(headers, fields),
            declared=read_declared(fields),
            texts=lambda: texts_in(given, frozenset()),
        )

    def with_model(self, body: bytes, model: str) -> bytes:  # noqa: D102 - the interface says it
        return strict_json.with_value(body, "model", msgspec.json.encode(model))

    def with_more(self, body: bytes, more: Retold) -> bytes:  # noqa: D102, ARG002 - no reply of it calls
        raise AssertionError("no call waits in a reply that cannot bear one")

    def filter(self, ask: Ask, *, streamed: bool) -> ReplyFilter:  # noqa: D102, ARG002 - it never streams
        return PlainReply(lambda text: {"error": {"message": text, "type": "permission_error", "code": None}})

    def refuse(self, refusal: Refusal, ask: Ask | None) -> Reply:  # noqa: D102 - the interface says it
        return openai_error.refuse(refusal, ask)

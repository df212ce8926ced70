"""Writes the events of a response, with numbers that rise by one whatever was put in or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.dialects import words
from remit.gateway.dialects.responses_items import message_item, text_part

if TYPE_CHECKING:
    from remit.gateway.event_stream import Event


class ResponseWriter:
    """Knows which numbers the client has seen."""

    def __init__(self) -> None:
        self.next_index = 0
        self._next_number = 0
        self._changed = False

    @property
    def is_straight(self) -> bool:
        """Tell whether the client has nothing but what the upstream sent."""
        return not self._changed

    def count(self, number: int) -> None:
        """Take the number of an event that passed as it came."""
        self._next_number = number + 1

    def pass_on(
        self, event: Event, fields: dict[str, Any], index: int | None, output: list[dict[str, Any]] | None
    ) -> bytes:
        """Return what came, with the client's numbers and output in it where they differ."""
        number = fields.get("sequence_number")
        if index is not None:
            self.next_index = max(self.next_index, index + 1)
        if output is not None:
            fields = fields | {"response": fields["response"] | {"output": output}}
        same = index is None or index == fields["output_index"]
        if output is None and same and not (self._changed and isinstance(number, int)):
            if isinstance(number, int):
                self.count(number)
            return event.raw
        if isinstance(number, int) and self._changed:
            fields = fields | {"sequence_number": self._next_number}
            self._next_number += 1
        if not same:
            fields = fields | {"output_index": index}
        return words.event(fields, event.name)

    def event(self, kind: str, fields: dict[str, Any]) -> bytes:
        """Return an event of the gateway's own."""
        self._changed = True
        numbered = {"type": kind, "sequence_number": self._next_number} | fields
        self._next_number += 1
        return words.event(numbered, kind)

    def begin(self, at: int, item: dict[str, Any]) -> list[bytes]:
        """Return what opens a message."""
        self.next_index = max(self.next_index, at + 1)
        place = {"item_id": item["id"], "output_index": at, "content_index": 0}
        return [
            self.event("response.output_item.added", {"output_index": at, "item": item}),
            self.event("response.content_part.added", place | {"part": text_part("")}),
        ]

    def say(self, at: int, identifier: str, text: str) -> bytes:
        """Return a piece of what a message says."""
        place = {"item_id": identifier, "output_index": at, "content_index": 0}
        return self.event("response.output_text.delta", place | {"delta": text, "logprobs": []})

    def finish(self, at: int, identifier: str, text: str) -> list[bytes]:
        """Return what closes a message."""
        place = {"item_id": identifier, "output_index": at, "content_index": 0}
        return [
            self.event("response.output_text.done", place | {"text": text, "logprobs": []}),
            self.event("response.content_part.done", place | {"part": text_part(text)}),
            self.event("response.output_item.done", {"output_index": at, "item": message_item(identifier, text)}),
        ]

    def message(self, at: int, identifier: str, text: str) -> list[bytes]:
        """Return a message from its beginning to its end."""
        opened = self.begin(at, message_item(identifier, "", done=False))
        return [*opened, self.say(at, identifier, text), *self.finish(at, identifier, text)]

"""A message in events.

A call is a block, and whole when it stops. While one is held nothing after it flows, and blocks that the gateway puts
in before it make the index of every later one grow. Calls that follow one another wait together, so that people are
asked about all of them at once: they are judged when something else comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway import strict_json
from remit.gateway.dialects import words
from remit.gateway.dialects.anthropic_call import PROVIDER_RUN, OpenBlock, is_call, read_call
from remit.gateway.dialects.anthropic_reply import MESSAGE_KEYS, message_of, read_content
from remit.gateway.dialects.anthropic_retold import CALLED, retell
from remit.gateway.dialects.anthropic_seen import note, note_block
from remit.gateway.dialects.held import HeldStream
from remit.gateway.dialects.hidden import hides_call
from remit.gateway.dialects.likeness import Word
from remit.gateway.dialects.ran import note_cited
from remit.gateway.dialects.retelling import add_usage
from remit.gateway.dialects.shelf import EventShelf
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from remit.gateway.dialects.dialect import Ask, Retold, Verdict
    from remit.gateway.event_stream import Event

_EVENT_KEYS = frozenset({"type", "index", "content_block", "delta", "message"}) | MESSAGE_KEYS
_OF_BLOCKS = frozenset({"content_block_start", "content_block_delta", "content_block_stop"})
_DELTA_KEYS = frozenset({"type", "text", "partial_json", "stop_reason"})
_GROWS: Mapping[Any, str] = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
_WORDS: Mapping[Any, str] = {"text_delta": "text", "thinking_delta": "thinking"}
"""What says a word alone."""
_COUNTED = frozenset({"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"})


class MessageStream(HeldStream):
    """Reads `event: content_block_start` and its like."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self._begun = False
        """Whether the client has seen the message start."""
        self._open: dict[int, OpenBlock] = {}
        self._flowed: dict[int, OpenBlock] = {}
        """Those of the open ones whose start the client has seen, by its own index."""
        self._next = 0
        self._shift = 0
        self._waiter: int | None = None
        """The index of the gateway's own text block, while one is open."""
        self._held: EventShelf[OpenBlock]
        self._holding: dict[int, OpenBlock] = {}
        """The calls that are held, by the upstream's index."""
        self._highest = -1
        self._proposed = self._passed = 0
        self._stopped = False
        self._came = False
        """Whether the message that is being read has started."""
        self._blocks: list[OpenBlock] = []
        self._kept: list[tuple[Event, dict[str, Any]]] = []
        """The end that is kept back."""
        self._usage: dict[str, Any] = {}
        self._before: dict[str, Any] | None = None
        """The tokens of the messages that this one goes on with."""

    def _wait(self, text: str) -> bytes:
        if self._stopped:
            return b""
        if self._waiter is None and self._flowed:
            # The gateway's words can go into a block of text that is open, and nowhere beside another block.
            open_text = next((index for index, block in self._flowed.items() if block.kind == "text"), None)
            return b"" if open_text is None else _say(open_text, text)
        out = b"" if self._begun else self._begin()
        if self._waiter is None:
            self._waiter = self._next
            self._next += 1
            self._shift += 1
            out += _start_text(self._waiter)
            for block in self._held.about():
                block.out += 1
        return out + _say(self._waiter, text)

    def _begin(self) -> bytes:
        """Begin the message before the upstream has, which then goes on with ours."""
        self._begun, self._before = True, {}
        return words.event({"type": "message_start", "message": message_of(self._ask, self.seen)}, "message_start")

    def _take(self, event: Event) -> None:
        if not event.data.strip():
            self._put(event, {}, None)
            return
        if event.data.strip() == b"[DONE]":
            self._put(event, {}, None)
            return
        fields = strict_json.read_object(event.data, where="event")
        kind = fields.get("type")
        if not isinstance(kind, str) or not kind or (event.name and event.name != kind):
            raise Unreadable("event.type", "the name of the event")
        strict_json.only_exact(fields, _EVENT_KEYS, "event")
        match kind:
            case "content_block_delta":
                self._read_delta(event, fields)
            case "content_block_start":
                self._read_start(event, fields)
            case "content_block_stop":
                self._read_stop(event, fields)
            case "message_start":
                self._read_message(event, fields)
            case _:
                self._read_other(event, fields, kind)
        if self._holding and kind != "ping" and not (kind in _OF_BLOCKS and fields["index"] in self._holding):
            self._let_wait()

    def _let_wait(self) -> None:
        """Let the calls that are held wait for their verdicts, once each of them is whole."""
        # Calls that overlap wait for one another, so that no piece of one overtakes another.
        if all(held.stopped for held in self._holding.values()):
            for held in self._holding.values():
                held.pieces = ["".join(held.pieces)]
                self._waiting.append(read_call(held.block, "event.content_block", held.pieces[0]))

    def _read_message(self, event: Event, fields: dict[str, Any]) -> None:
        message = fields.get("message")
        if not isinstance(message, dict) or self._came or self._held:
            raise Unreadable("event.message", "one message, at the start")
        for at, block in enumerate(read_content(message, "event.message")):
            if is_call(block, f"event.message.content[{at}]"):
                raise Unreadable("event.message.content", "calls in blocks of their own")
        note(self.seen, message)
        content = message.get("content") or ()
        self._tells = self._tells and not content
        self._usage = usage if isinstance(usage := message.get("usage"), dict) else {}
        self._came = True
        if self._before is None:
            self._next = len(content)
            self._begun = True
            self._put(event, fields, None)
        elif content:
            raise Unreadable("event.message.content", "nothing, since it goes on with another message")

    def _read_start(self, event: Event, fields: dict[str, Any]) -> None:
        index, part = _index_of(fields), fields.get("content_block")
        if not isinstance(part, dict) or index <= self._highest or not self._came:
            raise Unreadable("event.content_block", "a block of a message, each with an index above the last")
        if hides_call(fields, ("content_block",)):
            raise Unreadable("event", "calls in its block only")
        self._highest = index
        note_block(self.seen, part)
        is_held = is_call(part, "event.content_block")
        block = self._open[index] = OpenBlock(index + self._shift, part["type"], part, is_held)
        if is_held:
            self._holding[index] = block
        if self._tells:
            self._blocks.append(block)
        self._put(event, fields, block)

    def _read_delta(self, event: Event, fields: dict[str, Any]) -> None:
        block, delta = self._open.get(_index_of(fields)), fields.get("delta")
        if block is None or not isinstance(delta, dict) or hides_call(fields, ()):
            raise Unreadable("event.delta", "a piece of a block that is open, and no call")
        strict_json.only_exact(delta, _DELTA_KEYS, "event.delta")
        kind = str(delta.get("type") or "")
        if (piece := delta.get("partial_json")) is not None:
            if not isinstance(piece, str) or not (block.call or block.kind in PROVIDER_RUN):
                raise Unreadable("event.delta.partial_json", "text, for a block that is a call")
            block.pieces.append(piece)
        elif kind == "citations_delta":
            note_cited(self.seen, [delta.get("citation")])
        if piece is None and self._tells:
            # What the model says it may have to be told again.
            key = _GROWS.get(kind, "")
            value = delta.get(key)
            if isinstance(value, str):
                block.grown[key].append(value)
            else:
                self._tells = False
        key = _WORDS.get(kind, "")
        if piece is None and isinstance(word := delta.get(key), str):
            self._word = Word(event.raw, fields, key, word, block.grown[key] if self._tells else None)
        self._put(event, fields, block)

    def _read_stop(self, event: Event, fields: dict[str, Any]) -> None:
        block = self._open.pop(_index_of(fields), None)
        if block is None or hides_call(fields, ()):
            raise Unreadable("event.index", "that of a block that is open")
        block.stopped = True
        self._put(event, fields, block)

    def _read_other(self, event: Event, fields: dict[str, Any], kind: str) -> None:
        if hides_call(fields, ()):
            raise Unreadable("event", "calls in blocks only")
        if kind == "message_delta":
            delta = fields.get("delta")
            if isinstance(delta, dict):
                strict_json.only_exact(delta, _DELTA_KEYS, "event.delta")
                if read_stop := delta.get("stop_reason"):
                    note(self.seen, {"stop_reason": read_stop})
            note(self.seen, {"usage": fields.get("usage")})
        elif kind == "message_stop" and self._holding:
            raise Unreadable("event", "the end of every call before the end of the message")
        self._put(event, fields, None)

    def _put(self, event: Event, fields: dict[str, Any], block: OpenBlock | None) -> None:
        """Put an event out, or behind what is held."""
        if self._holding:
            self._count_held(event)
            self._held.add(event, fields, block)
        else:
            self._emit(event, fields, block)

    def _emit(self, event: Event, fields: dict[str, Any], block: OpenBlock | None) -> None:
        """Put out what came, with its block's index as the client knows it."""
        kind = fields.get("type")
        if kind == "message_delta" and self._refused and self._retold is None:
            self._retold = self._retell()
        if self._retold is not None and kind != "ping":
            if block is None:
                self._kept.append((event, fields))
                return
            self._let_end()
        if self._waiter is not None and kind not in {None, "ping"}:
            self._close_waiter()
        if block is None:
            if kind == "message_start":
                self._begun = True
            self._stopped = self._stopped or kind == "message_stop"
            self._out.append(self._ending(event, fields) if kind == "message_delta" else event.raw)
            return
        if kind == "content_block_start":
            self._flowed[block.out] = block
            self._next = max(self._next, block.out + 1)
        elif kind == "content_block_stop":
            self._flowed.pop(block.out, None)
        if block.out == fields["index"]:
            self._out.append(event.raw)
        else:
            self._out.append(_with(event, strict_json.with_value(event.data, "index", b"%d" % block.out)))

    def _ending(self, event: Event, fields: dict[str, Any]) -> bytes:
        """Return the event that says why the message stops, which is not a call if none has passed."""
        delta = fields.get("delta")
        changed = dict(fields)
        if self._proposed and not self._passed and isinstance(delta, dict) and delta.get("stop_reason") == CALLED:
            changed["delta"] = delta | {"stop_reason": "end_turn"}
        if self._before is not None:
            changed["usage"] = self._all_tokens(fields.get("usage"))
        return event.raw if changed == fields else words.event(changed, event.name)

    def _all_tokens(self, usage: object) -> dict[str, Any]:
        """Return the tokens of everything that the message goes on with and of what it says itself."""
        own = {key: value for key, value in usage.items() if value is not None} if isinstance(usage, dict) else {}
        total = add_usage(self._before or {}, self._usage | own)
        return {key: value for key, value in total.items() if key in own or key in _COUNTED}

    def _release(self, verdicts: Sequence[Verdict]) -> None:
        self._close_waiter()
        for block, verdict in zip(self._holding.values(), verdicts, strict=True):
            block.refusal = None if verdict.passes else verdict.text
            self._proposed += 1
            self._passed += verdict.passes
        held, self._held, self._holding = self._held, EventShelf(), {}
        for event, fields, part in held:
            if part is None or part.refusal is None:
                self._emit(event, fields, part)
            elif fields["type"] == "content_block_start":
                self._out += [_start_text(part.out), _say(part.out, part.refusal), _stop(part.out)]
                self._next = max(self._next, part.out + 1)
            # The other events of its block hold what was refused.

    def _retell(self) -> Retold | None:
        """Return what the model is to be told, now that its message stops."""
        if not self._tells or self.seen.finish != CALLED or self._open:
            return None
        try:
            return retell([block.told() for block in self._blocks], self._refused)
        except Unreadable:
            return None

    def _join(self) -> None:
        for _, fields in self._kept:
            usage = fields.get("usage")
            self._usage |= {key: value for key, value in (usage or {}).items() if value is not None}
        self._before = add_usage(self._before or {}, self._usage)
        self._usage, self._kept, self._blocks = {}, [], []
        self._came, self._highest, self._shift = False, -1, self._next
        self._proposed = self._passed = 0

    def _let_end(self) -> None:
        kept, self._kept, self._retold, self._tells, self._refused = self._kept, [], None, False, []
        for event, fields in kept:
            self._emit(event, fields, None)

    def _finish(self) -> None:
        self._let_wait()
        if self._holding and not self._waiting:
            raise Unreadable("events", "the end of every call before the end of the stream")

    def _conclude(self, text: str) -> None:
        if self._stopped and not self._held:
            return
        self._held, self._holding, self._kept, self._retold = EventShelf(), {}, [], None
        if not self._begun:
            self._begun = True
            start = {"type": "message_start", "message": message_of(self._ask, self.seen)}
            self._out.append(words.event(start, "message_start"))
        self._close_waiter()
        self._out += [_stop(index) for index in self._flowed]
        self._out += [_start_text(self._next), _say(self._next, text), _stop(self._next)]
        delta = {"stop_reason": "end_turn", "stop_sequence": None}
        usage: dict[str, Any] = {"output_tokens": self.seen.output_tokens}
        if self._before is not None:
            usage = self._all_tokens(usage)
        self._out.append(words.event({"type": "message_delta", "delta": delta, "usage": usage}, "message_delta"))
        self._out.append(words.event({"type": "message_stop"}, "message_stop"))

    def _close_waiter(self) -> None:
        if self._waiter is not None:
            self._out.append(_stop(self._waiter))
            self._waiter = None


def _index_of(fields: dict[str, Any]) -> int:
    index = fields.get("index")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise Unreadable("event.index", "a whole number")
    return index


def _with(event: Event, data: bytes) -> bytes:
    """Return an event's bytes with other data in them."""
    if event.raw.count(event.data) == 1:
        return event.raw.replace(event.data, data)
    line = b"event: " + event.name.encode() + b"\n" if event.name else b""
    return line + b"data: " + data.replace(b"\n", b"\ndata: ") + b"\n\n"


def _start_text(index: int) -> bytes:
    block = {"type": "text", "text": ""}
    return words.event({"type": "content_block_start", "index": index, "content_block": block}, "content_block_start")


def _say(index: int, text: str) -> bytes:
    delta = {"type": "text_delta", "text": text}
    return words.event({"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta")


def _stop(index: int) -> bytes:
    return words.event({"type": "content_block_stop", "index": index}, "content_block_stop")

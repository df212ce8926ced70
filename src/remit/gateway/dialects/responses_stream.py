"""A response in events.

A call is an item, and whole when it is done. Every later event repeats what went before: the done item must be the one
that was added, and the response at the end must hold the same items, so that no reader takes another call from it.
Calls that follow one another wait together, so that people are asked about all of them at once: they are judged when
something else comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from remit.gateway import strict_json
from remit.gateway.dialects import words
from remit.gateway.dialects.held import HeldStream
from remit.gateway.dialects.hidden import hides_call
from remit.gateway.dialects.likeness import Word
from remit.gateway.dialects.ran import note_cited, note_item
from remit.gateway.dialects.responses_items import (
    ITEM_KEYS,
    check_same,
    is_call,
    message_item,
    read_call,
)
from remit.gateway.dialects.responses_reply import note, read_output, response_of, runs_shell_in_container
from remit.gateway.dialects.responses_retold import CALLED, retell
from remit.gateway.dialects.responses_writer import ResponseWriter
from remit.gateway.dialects.retelling import add_usage
from remit.gateway.dialects.shelf import EventShelf
from remit.gateway.event_stream import read_event
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Ask, Retold, Verdict
    from remit.gateway.event_stream import Event

_ANNOTATED = "response.output_text.annotation.added"
_WORDS = frozenset(
    f"response.{kind}.delta" for kind in ("output_text", "refusal", "reasoning_text", "reasoning_summary_text")
)
"""What says a word alone."""
_EVENT_KEYS = ITEM_KEYS | {"item", "item_id", "output_index", "sequence_number", "response", "delta", "part"}
_NAMED = "id", "created_at"
"""By what a response is known from its beginning."""
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})


@dataclass(slots=True)
class _Item:
    """One item as far as it has come."""

    out: int
    """Its index as the client knows it."""
    added: dict[str, Any]
    call: bool = False
    done: bool = False
    whole: dict[str, Any] = field(default_factory=dict)
    """The item once it is done."""
    refusal: str | None = None
    """What stands in its place, if it was refused."""
    pieces: list[str] = field(default_factory=list)
    restated: str | None = None
    text: list[str] = field(default_factory=list)
    """What it has said, for a message that has not come to its end."""


class ResponseStream(HeldStream):
    """Reads `event: response.output_item.added` and its like."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self._in_container = runs_shell_in_container(ask)
        self._items: dict[int, _Item] = {}
        """By the upstream's index."""
        self._held: EventShelf[_Item]
        self._holding: list[_Item] = []
        self._writer = ResponseWriter()
        self._waiter: _Item | None = None
        self._waiters: list[_Item] = []
        self._shift = 0
        self._latest: _Item | None = None
        """What the latest event was about."""
        self._base: dict[str, Any] = {}
        self._ended = False
        self._kept: list[tuple[Event, dict[str, Any], _Item | None]] = []
        """The end that is kept back."""
        self._before: list[dict[str, Any]] | None = None
        """The items of the responses that this one goes on with, as the client knows them."""
        self._counted: dict[str, Any] = {}
        """Their tokens."""

    def _wait(self, text: str) -> bytes:
        # A client may come back by the name of a response that is kept, and that name is the upstream's to give.
        if self._ended or (self._ask.keeps and not self._base):
            return b""
        out = [] if self._base else [self._begin()]
        if self._waiter is None:
            at = self._writer.next_index
            waiter = self._waiter = _Item(at, message_item(f"msg_remit_wait_{at}", "", done=False))
            self._waiters.append(waiter)
            self._shift += 1
            for item in self._held.about():
                item.out += 1
            out += self._writer.begin(at, waiter.added)
        self._waiter.text.append(text)
        out.append(self._writer.say(self._waiter.out, self._waiter.added["id"], text))
        return b"".join(out)

    def _begin(self) -> bytes:
        """Begin the response before the upstream has, which then goes on with ours, under its name."""
        started = response_of(self._ask, self.seen)
        self._base, self._before = {key: value for key, value in started.items() if key != "output"}, []
        return self._writer.event("response.created", {"response": started})

    def _take(self, event: Event) -> None:
        if not event.data.strip() or event.data.strip() == b"[DONE]":
            self._put(event, {}, None)
            return
        fields = strict_json.read_object(event.data, where="event")
        strict_json.only_exact(fields, _EVENT_KEYS, "event")
        kind = fields.get("type")
        if not isinstance(kind, str) or not kind or (event.name and event.name != kind):
            raise Unreadable("event.type", "the name of the event")
        match kind:
            case "response.output_item.added":
                self._read_added(event, fields)
            case "response.output_item.done":
                self._read_done(event, fields)
            case _ if fields.get("response") is not None:
                self._read_response(event, fields)
            case _ if "_call" in kind or fields.get("arguments") is not None:
                self._read_piece(event, fields, kind)
            case _:
                self._read_other(event, fields, kind)
        if self._holding and not (self._latest is not None and self._latest.call):
            self._let_wait()

    def _read_added(self, event: Event, fields: dict[str, Any]) -> None:
        index, part = _index_of(fields), fields.get("item")
        if not isinstance(part, dict) or index in self._items or hides_call(fields, ("item",)):
            raise Unreadable("event.item", "an item, each index once")
        item = self._items[index] = self._open(index, part)
        self._put(event, fields, item)

    def _open(self, index: int, part: dict[str, Any]) -> _Item:
        item = _Item(index + self._shift, part, is_call(part, self._in_container, "event.item"))
        note_item(self.seen, part)
        if item.call:
            self._holding.append(item)
        return item

    def _read_done(self, event: Event, fields: dict[str, Any]) -> None:
        index, part = _index_of(fields), fields.get("item")
        if not isinstance(part, dict) or hides_call(fields, ("item",)):
            raise Unreadable("event.item", "an object, and calls nowhere else")
        item = self._items.get(index)
        if item is None:
            # Some servers tell of an item only once it is done.
            item = self._items[index] = self._open(index, part)
        elif item.done or is_call(part, self._in_container, "event.item") != item.call:
            raise Unreadable("event.item", "the item that was added, done once")
        if item.call:
            check_same(item.added, part, "event.item")
            self._check_pieces(item, part)
        item.done, item.whole = True, part
        note_item(self.seen, part)
        self._put(event, fields, item)

    def _check_pieces(self, item: _Item, part: dict[str, Any]) -> None:
        """Raise `Unreadable` if what came in pieces is not what the whole item says."""
        said = part.get("input") if part["type"] == "custom_tool_call" else part.get("arguments")
        for told in ("".join(item.pieces) if item.pieces else None, item.restated):
            if told is not None and isinstance(said, str) and told != said:
                raise Unreadable("event.item.arguments", "what came in pieces")
        item.pieces = []

    def _read_piece(self, event: Event, fields: dict[str, Any], kind: str) -> None:
        """Read an event about a call that is in the making."""
        item = self._items.get(_index_of(fields))
        if item is None or item.done or hides_call(fields, ()):
            raise Unreadable("event.output_index", "that of an item that is open")
        if not kind.startswith(f"response.{item.added['type']}"):
            raise Unreadable("event", "a piece of a call for an item that is one")
        _check_place(fields, item)
        if item.call:
            if (name := fields.get("name")) and name != item.added.get("name"):
                raise Unreadable("event.name", "the same throughout a call")
            if isinstance(fields.get("delta"), str) and kind.endswith(("arguments.delta", "input.delta")):
                item.pieces.append(fields["delta"])
            told = fields.get("arguments") if fields.get("arguments") is not None else fields.get("input")
            if told is not None:
                if not isinstance(told, str) or item.restated not in (None, told):
                    raise Unreadable("event.arguments", "text, the same throughout a call")
                item.restated = told
        self._put(event, fields, item)

    def _read_other(self, event: Event, fields: dict[str, Any], kind: str) -> None:
        if hides_call(fields, ()):
            raise Unreadable("event", "calls in items only")
        item = self._items.get(fields["output_index"]) if isinstance(fields.get("output_index"), int) else None
        if item is not None and item.call:
            raise Unreadable("event", "a piece of a call")
        if kind == _ANNOTATED:
            note_cited(self.seen, [fields.get("annotation")])
        if item is not None:
            _check_place(fields, item)
        said = item.text if item is not None and kind == "response.output_text.delta" else None
        if isinstance(word := fields.get("delta"), str):
            if said is not None:
                said.append(word)
            if kind in _WORDS and self._writer.is_straight:
                self._word = Word(event.raw, fields, "delta", word, said)
        if kind.startswith("response.refusal"):
            self.seen.refused = True
        self._put(event, fields, item)

    def _hear(self, said: list[str] | None, words: list[str], number: int) -> None:
        if said is not None:
            said += words
        if number >= 0:
            self._writer.count(number)

    def _read_response(self, event: Event, fields: dict[str, Any]) -> None:
        """Read an event that holds the response as it stands, and take every call in it for the one that was told."""
        response = fields["response"]
        if not isinstance(response, dict):
            raise Unreadable("event.response", "an object")
        if hides_call(fields, ("response",)):
            raise Unreadable("event", "calls in the output only")
        note(self.seen, response)
        for index, part in enumerate(read_output(response, "event.response")):
            if is_call(part, self._in_container, f"event.response.output[{index}]") and not self._told(index, part):
                item = self._items[index] = self._open(index, part)
                item.done, item.whole = True, part
        base = {key: value for key, value in response.items() if key != "output"}
        if self._before is None:
            self._base = base
        else:
            fields = fields | {"response": self._join_response(response)}
            event = read_event(words.event(fields, event.name))
            self._base = base | {key: self._base[key] for key in _NAMED if key in self._base}
            if fields["type"] not in _ENDS:
                return
        self._put(event, fields, None)

    def _join_response(self, response: dict[str, Any]) -> dict[str, Any]:
        """Return a response as the one that it goes on with: its name, and the tokens of both."""
        named = {key: self._base[key] for key in _NAMED if key in self._base and key in response}
        usage = response.get("usage")
        return response | named | ({"usage": add_usage(self._counted, usage)} if isinstance(usage, dict) else {})

    def _told(self, index: int, part: dict[str, Any]) -> _Item | None:
        """Return the item that a call at the end repeats; raise `Unreadable` if it is like one and not the same."""
        where = f"event.response.output[{index}]"
        call = read_call(part, where)
        told = [item for item in self._items.values() if item.call and item.done]
        same = [item for item in told if read_call(item.whole, where) == call]
        if same:
            return self._items[index] if self._items.get(index) in same else same[0]
        if index in self._items or any(read_call(item.whole, where).id == call.id for item in told):
            raise Unreadable(where, "the call that was told before")
        return None

    def _let_wait(self) -> None:
        """Let the calls that are held wait for their verdicts, once each of them is whole."""
        if all(item.done for item in self._holding):
            self._waiting = [read_call(item.whole, "event.item") for item in self._holding]

    def _put(self, event: Event, fields: dict[str, Any], item: _Item | None) -> None:
        """Put an event out, or behind what is held."""
        self._latest = item
        if self._holding:
            self._count_held(event)
            self._held.add(event, fields, item)
        else:
            self._emit(event, fields, item)

    def _release(self, verdicts: Sequence[Verdict]) -> None:
        self._close_waiter()
        for item, verdict in zip(self._holding, verdicts, strict=True):
            item.refusal = None if verdict.passes else verdict.text
        held, self._held, self._holding = self._held, EventShelf(), []
        for event, fields, about in held:
            if about is None or about.refusal is None:
                self._emit(event, fields, about)
            elif fields["type"] == "response.output_item.done":
                self._out += self._writer.message(about.out, f"msg_remit_{about.out}", about.refusal)
            # The other events about it hold what was refused.

    def _emit(self, event: Event, fields: dict[str, Any], item: _Item | None) -> None:
        kind = fields.get("type")
        whole = fields.get("response") if kind == "response.completed" else None
        if isinstance(whole, dict) and self._refused and self._retold is None:
            self._retold = self._retell(whole)
        if self._retold is not None:
            self._kept.append((event, fields, item))
            return
        if not kind:
            self._out.append(event.raw)
            return
        self._close_waiter()
        self._ended = self._ended or kind in _ENDS
        index = item.out if item is not None else None
        if item is None and isinstance(fields.get("output_index"), int):
            index = fields["output_index"] + self._shift
        if item is not None and self._before:
            fields = self._apart(fields, item)
        output = self._output_of(fields) if isinstance(fields.get("response"), dict) else None
        self._out.append(self._writer.pass_on(event, fields, index, output))

    def _output_of(self, fields: dict[str, Any]) -> list[dict[str, Any]] | None:
        """Return the output as the client knows it, where that is not what the upstream says."""
        output = fields["response"].get("output")
        if output and isinstance(output, list):
            known = [self._known(self._repeated(index, part), part) for index, part in enumerate(output)]
            if self._before:
                known = [part | self._name_apart(part.get("id"), index) for index, part in enumerate(known)]
        elif self._before is None:
            return None
        else:
            known = self._told_so_far()
        known = [*(self._before or ()), *known]
        for waiter in self._waiters:
            known.insert(waiter.out, message_item(waiter.added["id"], "".join(waiter.text)))
        return known if known != output else None

    def _apart(self, fields: dict[str, Any], item: _Item) -> dict[str, Any]:
        """Return what is told of an item by a name that none has of the responses that this one goes on with."""
        index = next((index for index, each in self._items.items() if each is item), -1)
        named = self._name_apart(item.added.get("id"), index)
        if named and isinstance(fields.get("item"), dict):
            fields = fields | {"item": fields["item"] | named}
        return fields | {"item_id": named["id"]} if named and "item_id" in fields else fields

    def _name_apart(self, name: object, index: int) -> dict[str, str]:
        """Return another name for an item whose own was given before, by servers that begin anew with each response."""
        taken = any(part.get("id") == name for part in self._before or ())
        item = self._items.get(index)
        return {"id": f"{name}_{index if item is None else item.out}"} if taken and name else {}

    def _told_so_far(self) -> list[dict[str, Any]]:
        return [self._known(item, item.whole) for _, item in sorted(self._items.items()) if item.done]

    def _repeated(self, index: int, part: dict[str, Any]) -> _Item | None:
        return self._told(index, part) if is_call(part, self._in_container, "event.response.output") else None

    def _known(self, item: _Item | None, part: dict[str, Any]) -> dict[str, Any]:
        """Return an item as the client knows it."""
        if item is None or item.refusal is None:
            return part
        return message_item(f"msg_remit_{item.out}", item.refusal)

    def _close_waiter(self) -> None:
        if self._waiter is not None:
            waiter, self._waiter = self._waiter, None
            self._out += self._writer.finish(waiter.out, waiter.added["id"], "".join(waiter.text))

    def _retell(self, response: dict[str, Any]) -> Retold | None:
        """Return what the model is to be told, now that its response is complete."""
        if not self._tells or response.get("status") != CALLED or not all(item.done for item in self._items.values()):
            return None
        told = [item.whole for _, item in sorted(self._items.items())]
        return retell(response.get("output") or told, self._refused, keeps=self._ask.keeps)

    def _join(self) -> None:
        response = next(fields["response"] for _, fields, _ in self._kept if fields.get("response"))
        known = self._output_of({"response": response}) or response.get("output") or self._told_so_far()
        self._before, self._counted = known, response.get("usage") or self._counted
        self._writer.next_index = max(self._writer.next_index, len(known))
        self._kept, self._items, self._waiters = [], {}, []
        self._shift, self._latest = self._writer.next_index, None

    def _let_end(self) -> None:
        kept, self._kept, self._retold, self._tells, self._refused = self._kept, [], None, False, []
        for event, fields, item in kept:
            self._emit(event, fields, item)

    def _finish(self) -> None:
        self._let_wait()
        if self._holding and not self._waiting:
            raise Unreadable("events", "the end of every call before the end of the stream")

    def _conclude(self, text: str) -> None:
        if self._ended:
            return
        held = {id(item) for item in (*self._held.about(), *self._holding)}
        self._held, self._holding, self._kept, self._retold = EventShelf(), [], [], None
        base = response_of(self._ask, self.seen) | self._base
        if not self._base:
            started = base | {"status": "in_progress", "output": []}
            self._out.append(self._writer.event("response.created", {"response": started}))
        self._close_waiter()
        before = self._before or []
        known: dict[int, dict[str, Any]] = {number - len(before): item for number, item in enumerate(before)}
        known |= {w.out: message_item(w.added["id"], "".join(w.text)) for w in self._waiters}
        for item in self._items.values():
            if id(item) in held:
                continue
            known[item.out] = self._known(item, item.whole) if item.done else self._cut_short(item)
        at = self._writer.next_index
        self._out += self._writer.message(at, f"msg_remit_{at}", text)
        known[at] = message_item(f"msg_remit_{at}", text)
        output = [known[index] for index in sorted(known)]
        final = base | {"status": "completed", "output": output}
        self._out.append(self._writer.event("response.completed", {"response": final}))

    def _cut_short(self, item: _Item) -> dict[str, Any]:
        """End an item that the client saw begin; return it as it then is."""
        if item.added.get("type") == "message":
            whole = item.added | message_item(str(item.added.get("id") or ""), "".join(item.text))
            if item.text:
                self._out += self._writer.finish(item.out, whole["id"], "".join(item.text))
                return whole
        else:
            whole = item.added
        done = {"output_index": item.out, "item": whole}
        self._out.append(self._writer.event("response.output_item.done", done))
        return whole


def _check_place(fields: dict[str, Any], item: _Item) -> None:
    """Raise `Unreadable` if an event names one item by its index and another by its id."""
    known = item.added.get("id")
    if known and fields.get("item_id") not in (None, known):
        raise Unreadable("event.item_id", "that of the item at its index")


def _index_of(fields: dict[str, Any]) -> int:
    index = fields.get("output_index")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise Unreadable("event.output_index", "a whole number")
    return index

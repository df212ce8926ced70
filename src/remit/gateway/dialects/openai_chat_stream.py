"""A chat completion in pieces.

A call has no end of its own on this wire: it is whole when its choice has finished, or the stream says that it is done.
So everything from the first piece of a call is held until every choice that has one has finished.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from remit.gateway import strict_json
from remit.gateway.dialects import words
from remit.gateway.dialects.held import HeldStream
from remit.gateway.dialects.hidden import hides_call, hides_call_beside, holds_call, is_call_type
from remit.gateway.dialects.likeness import Word
from remit.gateway.dialects.openai_chat_call import LEGACY, ChatCall
from remit.gateway.dialects.openai_chat_reply import CHOICE_KEYS, MESSAGE_KEYS, REPLY_KEYS
from remit.gateway.dialects.openai_chat_retold import CALLED, retell
from remit.gateway.dialects.openai_chat_seen import note
from remit.gateway.dialects.ran import note_part
from remit.gateway.dialects.retelling import add_usage
from remit.gateway.dialects.shelf import EventShelf
from remit.gateway.event_stream import read_event
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.dialects.dialect import Ask, Retold, Verdict
    from remit.gateway.event_stream import Event

_DONE = b"[DONE]"
_SHELF = 1 << 40
"""Above the number of every call; what stands there came before another of the same number."""
# Of these nothing can be a call as long as a delta holds text or nothing under each.
_PLAIN = frozenset({"role", "content", "refusal", "reasoning", "reasoning_content"})
_HEAD = ("id", "object", "created", "model")
_KEPT_OF_CHUNK = ("id", "object", "created", "model", "system_fingerprint", "service_tier", "usage")


@dataclass(slots=True)
class _Choice:
    """How far one choice has come."""

    has_text: bool = False
    finished: bool = False
    kept_alive: bool = False
    shut: bool = False
    """Whether the client has been told that it finished."""
    calls: dict[int, ChatCall] = field(default_factory=dict)
    """Those that are held, by their index."""
    said: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What it has said, by where it said it, as long as that may have to be told again."""
    unnumbered: bool = False
    shelved: int = 0
    """How many calls came before another of the same number; all of such a choice pass, or none."""


class ChatStream(HeldStream):
    """Reads `data: {"choices": [{"delta": …}]}`."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask)
        self._choices: dict[int, _Choice] = {}
        self._head: dict[str, Any] = {}
        self._done = False
        self._kept: list[tuple[bytes, dict[str, Any]]] = []
        """The end that is kept back."""
        self._before: dict[str, Any] | None = None
        """The tokens of the replies that this one goes on with; nothing is counted of one that did not say."""
        self._begins = False
        """Whether text of this one would be the first after those."""

    def _wait(self, text: str) -> bytes:
        if self._done and not self._held:
            return b""
        at = next((number for number, choice in self._choices.items() if choice.calls), 0)
        choice = self._choices.setdefault(at, _Choice())
        if choice.shut:
            return b""
        said = words.after(choice.has_text and not choice.kept_alive, text)
        choice.has_text = choice.kept_alive = True
        return words.event(self._chunk(at, {"content": said}))

    def _take(self, event: Event) -> None:
        if not event.data.strip():
            self._put(event, {})
            return
        if event.data.strip() == _DONE:
            self._done = True
            self._put(event, {})
            self._let_wait()
            return
        chunk = strict_json.read_object(event.data, where="event")
        note(self.seen, chunk)
        if self._before is not None:
            event, chunk = self._go_on_with(event, chunk)
        begun = bool(self._held)
        holds = self._read(chunk)
        if not holds and self._before is None:
            self._note_word(event, chunk)
        if not self._head and chunk.get("choices"):
            self._head = {key: chunk[key] for key in _HEAD if isinstance(chunk.get(key), (str, int))}
        if holds or begun:
            self._count_held(event)
            self._held.add(event, chunk)
            self._let_wait()
        elif self._kept:
            self._kept.append((event.raw, chunk))
        else:
            self._out.append(event.raw)
            self._note_shut()

    def _note_shut(self) -> None:
        for choice in self._choices.values():
            choice.shut = choice.finished

    def _put(self, event: Event, chunk: dict[str, Any]) -> None:
        if self._held:
            self._count_held(event)
            self._held.add(event, chunk)
        elif self._kept:
            self._kept.append((event.raw, chunk))
        else:
            self._out.append(event.raw)

    def _read(self, chunk: dict[str, Any]) -> bool:
        """Gather what a chunk holds of calls; tell whether it holds any."""
        strict_json.only_exact(chunk, REPLY_KEYS, "event")
        choices = chunk.get("choices")
        if hides_call(chunk, ("choices",)):
            raise Unreadable("event", "calls in the delta of a choice only")
        if choices is None:
            return False
        if not isinstance(choices, list):
            raise Unreadable("event.choices", "a list")
        holds = False
        for choice in choices:
            if not isinstance(choice, dict):
                raise Unreadable("event.choices", "a list of objects")
            holds = self._read_choice(choice) or holds
        return holds

    def _note_word(self, event: Event, chunk: dict[str, Any]) -> None:
        """Note the word of a choice that says one, and nothing else."""
        choices = chunk.get("choices")
        if not choices or len(choices) > 1 or choices[0].get("finish_reason"):
            return
        told = [key for key, value in (choices[0].get("delta") or {}).items() if value and key != "role"]
        if len(told) != 1 or told[0] not in _PLAIN:
            return
        (key,) = told
        word = choices[0]["delta"][key]
        if isinstance(word, str):
            said = self._choices[choices[0].get("index", 0)].said[key] if self._tells else None
            self._word = Word(event.raw, chunk, key, word, said)

    def _read_choice(self, part: dict[str, Any]) -> bool:
        strict_json.only_exact(part, CHOICE_KEYS, "event.choices")
        number = part.get("index", 0)
        if not isinstance(number, int) or isinstance(number, bool):
            raise Unreadable("event.choices.index", "a whole number")
        if hides_call_beside(part, "delta"):
            raise Unreadable("event.choices", "calls in the delta only")
        choice = self._choices.get(number)
        if choice is None:
            choice = self._choices[number] = _Choice()
        delta = part.get("delta")
        holds = isinstance(delta, dict) and self._read_delta(delta, choice)
        if delta is not None and not isinstance(delta, dict):
            raise Unreadable("event.choices.delta", "an object")
        if finish := part.get("finish_reason"):
            if not isinstance(finish, str):
                raise Unreadable("event.choices.finish_reason", "text")
            choice.finished = True
        return holds

    def _read_delta(self, delta: dict[str, Any], choice: _Choice) -> bool:
        holds = False
        for key, value in delta.items():
            if not value:
                strict_json.only_exact((key,), MESSAGE_KEYS, "event.choices.delta")
            elif key == "tool_calls":
                self._gather(value, choice)
                holds = True
            elif key == "function_call":
                self._begin(choice, LEGACY).add_function(value, "event.choices.delta.function_call")
                holds = True
            elif key not in _PLAIN or not isinstance(value, str):
                _check_no_call(key, value)
                note_part(self.seen, key, value)
                self._tells = False
            else:
                if self._tells:
                    choice.said[key].append(value)
                if key == "content":
                    choice.has_text = True
                elif key == "refusal":
                    self.seen.refused = True
        if LEGACY in choice.calls and len(choice.calls) > 1:
            raise Unreadable("event.choices.delta", "one of tool_calls and function_call")
        return holds

    def _gather(self, parts: object, choice: _Choice) -> None:
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise Unreadable("event.choices.delta.tool_calls", "a list of objects")
        for part in parts:
            number = part.get("index")
            if number is None:
                # Without numbers some clients join all pieces into one call, and others take each for its own.
                choice.unnumbered = True
                number = 0
            if not isinstance(number, int) or isinstance(number, bool) or number < 0:
                raise Unreadable("event.choices.delta.tool_calls.index", "a whole number")
            self._shelve(choice, number, part)
            self._begin(choice, number).add(part, "event.choices.delta.tool_calls")
            if choice.unnumbered and len(choice.calls) > 1:
                raise Unreadable("event.choices.delta.tool_calls.index", "to be there, since there are many calls")

    def _shelve(self, choice: _Choice, number: int, part: dict[str, Any]) -> None:
        """Put a call aside that is complete, where another begins under its number."""
        before = choice.calls.get(number)
        if before is not None and before.begins_anew(part):
            choice.shelved += 1
            choice.calls[_SHELF + choice.shelved] = choice.calls.pop(number)

    def _begin(self, choice: _Choice, number: int) -> ChatCall:
        if choice.finished or self._done:
            raise Unreadable("event.choices.delta", "no call after its choice has finished")
        return choice.calls.setdefault(number, ChatCall())

    def _let_wait(self) -> None:
        """Let the calls that are held wait for their verdicts, once no more of any can come."""
        open_choices = [choice for choice in self._choices.values() if choice.calls]
        if not open_choices or not (self._done or all(choice.finished for choice in open_choices)):
            return
        if any(
            choice.shelved and not all(call.is_complete for call in choice.calls.values()) for choice in open_choices
        ):
            raise Unreadable("event.choices.delta.tool_calls.index", "one for each call")
        self._waiting = [
            call.whole("event.choices.delta.tool_calls") for choice in open_choices for call in choice.calls.values()
        ]

    def _release(self, verdicts: Sequence[Verdict]) -> None:
        refused: dict[int, dict[int, str]] = {}
        kept: dict[int, dict[int, int]] = {}
        said = iter(verdicts)
        for number, choice in self._choices.items():
            for at in choice.calls:
                verdict = next(said)
                if verdict.passes:
                    kept.setdefault(number, {})[at] = at
                else:
                    refused.setdefault(number, {})[at] = verdict.text
        for number, texts in refused.items():
            if self._choices[number].shelved:
                text = next(iter(texts.values()))
                refused[number] = {at: texts.get(at, text) for at in self._choices[number].calls}
                kept[number] = {}
            kept[number] = {at: new for new, at in enumerate(sorted(kept.get(number, {})))}
        self._retold = self._retell()
        held, self._held = self._held, EventShelf()
        for event, chunk, _ in held:
            data, left = self._rewrite(event, chunk, refused, kept) if refused else (event.raw, chunk)
            if self._retold is not None and (self._kept or _finishes(left)):
                self._kept.append((data, left))
            else:
                self._out.append(data)
        for choice in self._choices.values():
            choice.calls, choice.shelved = {}, 0
        if not self._kept:
            self._note_shut()

    def _rewrite(
        self,
        event: Event,
        chunk: dict[str, Any],
        refused: dict[int, dict[int, str]],
        kept: dict[int, dict[int, int]],
    ) -> tuple[bytes, dict[str, Any]]:
        """Return an event without the calls that are refused, or nothing if it held nothing else, and what it holds."""
        changed = False
        choices = []
        for part in chunk.get("choices") or ():
            number = part.get("index", 0)
            if number not in refused:
                choices.append(part)
                continue
            new = self._without(part, refused[number], kept[number])
            changed = changed or new != part
            if new.get("delta") or new.get("finish_reason"):
                choices.append(new)
        if not changed:
            return event.raw, chunk
        if not choices and not chunk.get("usage"):
            return b"", {}
        left = {key: chunk[key] for key in _KEPT_OF_CHUNK if key in chunk} | {"choices": choices}
        return words.event(left, event.name), left

    def _without(self, part: dict[str, Any], refused: dict[int, str], kept: dict[int, int]) -> dict[str, Any]:
        """Return a choice with text in the place of its refused calls, and what remains numbered from nought."""
        choice = self._choices[part.get("index", 0)]
        delta = part.get("delta") or {}
        parts = delta.get("tool_calls") or []
        numbers = [entry.get("index") or 0 for entry in parts]
        if delta.get("function_call") is not None:
            numbers.append(LEGACY)
        new = dict(part)
        if any(number in refused for number in numbers):
            new = {"index": part.get("index", 0), "delta": dict(delta), "finish_reason": part.get("finish_reason")}
            new["delta"].pop("function_call", None)
            for number in numbers:
                if text := refused.get(number):
                    said = new["delta"].get("content") or ""
                    more = words.after(choice.has_text or bool(said), text)
                    new["delta"]["content"] = said + more if isinstance(said, str) else [*said, _text_of(more)]
                    choice.has_text = True
                    refused[number] = ""
        if parts:
            entries = [e | {"index": kept[e.get("index") or 0]} for e in parts if (e.get("index") or 0) in kept]
            new["delta"] = {key: value for key, value in new["delta"].items() if key != "tool_calls"}
            if entries:
                new["delta"]["tool_calls"] = entries
        if not kept and new.get("finish_reason") in ("tool_calls", "function_call"):
            new["finish_reason"] = "stop"
        return new

    def _retell(self) -> Retold | None:
        """Return what the model is to be told, now that all of its calls have their verdicts."""
        if not self._tells or len(self._choices) != 1 or self.seen.finish not in CALLED:
            return None
        (choice,) = self._choices.values()
        if choice.shelved or LEGACY in choice.calls or not choice.finished:
            return None
        said = {key: "".join(pieces) for key, pieces in choice.said.items()}
        calls = sorted(zip(choice.calls.items(), self._refused, strict=True), key=lambda row: row[0][0])
        if not all(call.exact for (_, call), _ in calls):
            return None
        message = {"content": None, **said, "tool_calls": [call.told() for (_, call), _ in calls]}
        return retell(message, [text for _, text in calls])

    def _join(self) -> None:
        self._before = self._before or {}
        for _, chunk in self._kept:
            # It is of all that went before already.
            self._before = chunk.get("usage") or self._before
            if said := _without_end(chunk):
                self._out.append(words.event(said))
        self._kept, self._choices = [], {0: _Choice(has_text=True)}
        self._done, self._begins = False, True

    def _go_on_with(self, event: Event, chunk: dict[str, Any]) -> tuple[Event, dict[str, Any]]:
        """Return an event of a reply as one of the reply that it goes on with: its name, its text, its tokens."""
        chunk = chunk | {key: self._head[key] for key in ("id", "created") if key in self._head and key in chunk}
        if isinstance(chunk.get("usage"), dict):
            chunk["usage"] = add_usage(self._before or {}, chunk["usage"])
        choices = chunk.get("choices")
        if isinstance(choices, list):
            chunk["choices"] = [self._go_on_in(part) if isinstance(part, dict) else part for part in choices]
        return read_event(words.event(chunk, event.name)), chunk

    def _go_on_in(self, part: dict[str, Any]) -> dict[str, Any]:
        delta = part.get("delta")
        if not isinstance(delta, dict):
            return part
        # Clients put together what stands under one key, the name of a role too.
        delta = {key: value for key, value in delta.items() if key != "role"}
        content = delta.get("content")
        if self._begins and content and isinstance(content, str):
            delta["content"], self._begins = words.after(before=True, text=content), False
        return part | {"delta": delta}

    def _let_end(self) -> None:
        self._out += [data for data, _ in self._kept]
        self._kept, self._retold = [], None
        self._note_shut()

    def _finish(self) -> None:
        if any(choice.calls for choice in self._choices.values()):
            raise Unreadable("events", "the end of every call before the end of the stream")

    def _conclude(self, text: str) -> None:
        if self._done and not self._held and not self._kept:
            return
        self._held, self._kept, self._retold = EventShelf(), [], None
        begun = [number for number, choice in self._choices.items() if not choice.shut]
        for at in begun or ([] if self._choices else [0]):
            has_text = at in self._choices and self._choices[at].has_text
            self._out.append(words.event(self._chunk(at, {"content": words.after(has_text, text)})))
            self._out.append(words.event(self._chunk(at, {}, "stop")))
        self._out.append(b"data: [DONE]\n\n")

    def _chunk(self, at: int, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
        head = self._head or {
            "id": "chatcmpl-remit",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self._ask.model,
        }
        choice = {"index": at, "delta": delta, "logprobs": None, "finish_reason": finish}
        return head | {"choices": [choice]}


def _finishes(chunk: dict[str, Any]) -> bool:
    return any(part.get("finish_reason") for part in chunk.get("choices") or ())


def _without_end(chunk: dict[str, Any]) -> dict[str, Any]:
    """Return what a part of the end says beside that it is one; nothing where it says nothing else."""
    said = [
        part | {"finish_reason": None} for part in chunk.get("choices") or () if any((part.get("delta") or {}).values())
    ]
    return {key: value for key, value in chunk.items() if key != "usage"} | {"choices": said} if said else {}


def _text_of(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _check_no_call(key: str, value: object) -> None:
    """Raise `Unreadable` if a part of a delta that is not read may hold a call, or is no content."""
    strict_json.only_exact((key,), MESSAGE_KEYS, "event.choices.delta")
    if key == "content" and not isinstance(value, list):
        raise Unreadable("event.choices.delta.content", "text, or a list of parts")
    if holds_call({key: value}) or (key == "type" and is_call_type(value)):
        raise Unreadable(f"event.choices.delta.{key}", "calls in tool_calls only")

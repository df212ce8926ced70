"""What whoever approves a call is shown, and the digest of it that every vote is bound to.

1. Some parts are always there: tool, effect, arguments, model, use case, who asks, the rules that hold it, until when.
   Of the use of a model it is what was said last and the digest of all that is asked, in place of the first three.
2. The terms may name more: a part that is known here, one that the gateway was given, or an argument by its name.
3. What the terms name and nobody can show is missing, and a call with anything missing cannot be approved.
4. A character that does not show as itself is written out, so that nobody approves what they cannot see.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from remit.canonical import digest
from remit.gateway.oversight.call import argument_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from remit.gateway.oversight.call import Call
    from remit.terms.decision import Decision
    from remit.terms.register import Register

_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
_PLAIN = frozenset("\n\t")
_BLANK = 0x2800
"""A letter of Braille without dots, which looks like a space and is none."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is on the screen, part by part, and what ought to be and is not."""

    parts: tuple[tuple[str, str], ...]
    missing: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Return what a vote is bound to."""
        return digest({"missing": list(self.missing), "parts": [list(part) for part in self.parts]})

    @property
    def length(self) -> int:
        """Return how many characters there are to read."""
        return sum(len(text) for _, text in self.parts)

    def record(self) -> dict[str, Any]:
        """Return the sheet as a record."""
        return {"missing": list(self.missing), "parts": [list(part) for part in self.parts]}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Sheet:
        """Take a sheet from its record."""
        return cls(tuple((name, text) for name, text in record["parts"]), tuple(record["missing"]))


def make_sheet(
    call: Call, decision: Decision, register: Register, asked: Iterable[str], given: Mapping[str, str]
) -> Sheet:
    """Make the sheet of a call that a decision holds; `given` is what else the gateway knows to show."""
    known = _known(call, decision, register)
    parts = {name: known[name] for name in (_OF_A_USE if call.is_use else _ALWAYS)}
    missing = []
    for name in sorted(asked):
        text = known.get(name) or given.get(name) or argument_named(call.arguments, name)
        if text:
            parts[name] = text
        else:
            missing.append(name)
    return Sheet(tuple((name, visible(text)) for name, text in parts.items()), tuple(missing))


_ALWAYS = ("tool", "effect", "arguments", "rule", "model", "use-case", "requester", "unknown")
_OF_A_USE = ("use", "asked", "prompt", "rule", "model", "use-case", "requester", "unknown")


def _known(call: Call, decision: Decision, register: Register) -> dict[str, str]:
    tool = next((tool for tool in register.tools if tool.id == call.tool), None)
    says = f": {tool.says}" if tool is not None and tool.says else ""
    rules = [f"{reason.rule.reference}: {reason.rule.clause.says}".rstrip(": ") for reason in decision.because]
    readings = [f"{reading.term} means {reading.means} ({reading.by})" for reading in decision.readings]
    asked = _asked(call) if call.is_use else {}
    return asked | {
        "tool": f"{call.tool}{says}" if tool is not None else f"{call.tool}, which the register does not know",
        "effect": ", ".join(decision.use.words("tool.effect")) or "not known, so the most serious",
        "arguments": _spread(call.arguments),
        "rule": "\n".join(rules),
        "model": call.model,
        "use-case": call.use_case,
        "requester": call.requester or "not known",
        "unknown": ", ".join(decision.lacks) or "nothing",
        "session": call.session,
        "terms": call.terms,
        "readings": "\n".join(readings) or "none",
        "facts": "\n".join(
            f"{name}: {', '.join(decision.use.words(name))} ({fact.vouched_by.word})"
            for name, fact in sorted(decision.use.facts.items())
        ),
    }


def _asked(call: Call) -> dict[str, str]:
    fields = json.loads(call.arguments)
    texts = f"{fields['texts']} text{'' if fields['texts'] == 1 else 's'}, {fields['characters']} characters in all"
    return {
        "use": f"{call.title}, to which what is asked is sent",
        "asked": fields["asked"] or "nothing that is text",
        "prompt": f"{fields['prompt']}\n{texts}",
    }


def _spread(arguments: str) -> str:
    """Write arguments line by line where that changes nothing of them, and as they are otherwise."""
    try:
        value = json.loads(
            arguments, object_pairs_hook=_once, parse_float=_refuse, parse_int=_plain, parse_constant=_refuse
        )
        return json.dumps(value, indent=2, ensure_ascii=False) if isinstance(value, dict) else arguments
    except (ValueError, RecursionError):
        return arguments


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key twice, of which only the last would be shown")
    return members


def _plain(text: str) -> int:
    return int(text) if str(int(text)) == text else _refuse(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} might be written otherwise than it came")


def visible(text: str) -> str:
    """Write out every character that would not show as itself (4)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _shows(character) else f"⟨U+{ord(character):04X}⟩" for character in text)


def _shows(character: str) -> bool:
    if character in _PLAIN:
        return True
    return ord(character) != _BLANK and unicodedata.category(character) not in _HIDDEN

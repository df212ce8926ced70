"""What a model is told after a refusal: what it said itself, untouched, and what became of what it proposed.

1. What cannot be told again exactly is not told at all: a part that nobody here knows, a call without a name of its
   own, a reply that ended for another reason than that it called.
2. Tokens are counted over all that was said in one reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from remit.gateway.dialects.dialect import Verdict

MOST_TOLD = 4 * 1024 * 1024
"""The most bytes of events of one reply that are kept to be told again."""
_LEFT_TO_MODEL = frozenset({"auto", "any", "allowed_tools"})


def told_apart(names: Sequence[object], texts: Sequence[str]) -> bool:
    """Tell whether each call has a name of its own, by which it can be answered with one of the texts."""
    return len(names) == len(texts) == len(set(names)) and all(isinstance(name, str) and name for name in names)


def may_answer_otherwise(fields: Mapping[str, Any]) -> bool:
    """Tell whether a request leaves it to the model which of its tools it calls, if any."""
    choice = fields.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else None
    return bool(fields.get("tools")) and (not isinstance(choice, dict) or kind in _LEFT_TO_MODEL)


def all_again(verdicts: Sequence[Verdict]) -> bool:
    """Tell whether nothing passes, and the model may be told of every refusal."""
    return bool(verdicts) and all(verdict.again and not verdict.passes for verdict in verdicts)


def add_usage(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return two counts of tokens as one; what is no number is as it was said last."""
    total = dict(before)
    for key, value in after.items():
        known = total.get(key)
        if isinstance(value, dict):
            total[key] = add_usage(known if isinstance(known, dict) else {}, value)
        elif _is_number(value) and _is_number(known):
            total[key] = known + value
        elif value is not None or known is None:
            total[key] = value
    return total


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

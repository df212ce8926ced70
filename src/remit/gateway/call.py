"""What is known of a call by the time it is judged, and how one ends before its time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.gateway.choice import Bearer
    from remit.gateway.dialects.dialect import Ask, Dialect, Refusal
    from remit.gateway.dialects.register import Route
    from remit.gateway.front import Front
    from remit.gateway.step import Asked


class Refused(Exception):
    """The call ends here, with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(slots=True)
class Call:
    """A request that was read, and which targets were tried for it."""

    asked: Asked
    headers: dict[str, str]
    route: Route
    dialect: Dialect
    ask: Ask
    who: Bearer
    body: bytes
    prompt: str
    began: float
    tried: set[tuple[str, str]] = field(default_factory=set)
    front: Front | None = None
    """What the client has of the reply already, where it waited for people before there was any."""
    after: str = ""
    """The decision on the call whose reply this one goes on with, where the model is asked once more."""

"""What is done with a model: called, let act through a tool, or made part of a system."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What a use does."""

    INVOKE = "invoke"
    """Call a model."""
    ACT = "act"
    """Carry out a tool call that a model proposes."""
    INTEGRATE = "integrate"
    """Make a model part of a system."""

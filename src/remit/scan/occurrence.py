"""One place where a model shows itself, and the words with which it is judged.

1. A relation says what the place has to do with the maker; relations are never merged (DESIGN 5).
2. A role says what the place is for; the role decides whether it is a use at all.
3. Grip says whether the place proves a maker alone, or only joins in once another place has proved it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Relation(Enum):
    """What a system has to do with a maker."""

    RUNTIME_CALL = "runtime-call"
    EMBEDDED = "embedded-in-product"
    DEVELOPMENT_TOOL = "development-tool"
    AI_AUTHORED = "ai-authored-code"
    VENDOR_SOURCE = "vendor-open-source"
    PROTOCOL_ONLY = "protocol-compatible-only"
    LOCAL_WEIGHTS = "local-weights"
    DORMANT = "dormant"
    DOCUMENTATION = "documentation-only"


class Strength(Enum):
    """How seriously a maker is used, the worst first."""

    INTEGRATED = "integrated"
    OPTIONAL = "optional"
    TEST_ONLY = "test-only"
    DEVTOOL = "devtool"
    HISTORY_ONLY = "history-only"

    @property
    def rank(self) -> int:
        """Count from the most serious, which is nought."""
        return list(Strength).index(self)


class Role(Enum):
    """What the place is for."""

    CALL_SITE = "call-site"
    DEFAULT = "configured-default"
    SELECTABLE = "selectable"
    DEPENDENCY = "dependency"
    CREDENTIAL = "credential"
    ADDRESS = "address"
    NAME = "name"
    AGENT_FILE = "agent-file"
    INDIRECT = "indirect"
    TABLE = "data-table"
    RULE = "block-list"
    COMMENT = "comment"
    DOCUMENTATION = "documentation"
    PROSE = "prose"
    PERSON = "person"
    CLASH = "name-clash"
    PATH = "path"
    LINK = "link"
    VISITOR = "visitor"
    SPELLING = "spelling"
    TEST = "test"


class Grip(Enum):
    """How firmly one place holds its maker."""

    FIRM = "firm"
    """It proves the maker on its own."""
    FAIR = "fair"
    """It proves its maker where something in the tree calls models at all, whoever's they are."""
    LOOSE = "loose"
    """It counts once something firm stands elsewhere in the tree."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place that shows a maker, with what the place says about its use."""

    detector: str
    path: str
    line: int
    maker: str
    channel: str = "direct"
    relation: Relation = Relation.RUNTIME_CALL
    role: Role = Role.CALL_SITE
    grip: Grip = Grip.FIRM
    model: str = ""
    scoped: str = ""
    """What the part named after one maker stands in, to which the place belongs: it is one of the parts there."""
    chosen: bool = False
    """Whether the place says which one is taken when nobody chooses."""
    bound: str = ""
    """What names this value elsewhere: a variable, a key, a field."""
    tested: bool = False
    """Whether it stands in tests inside a file that ships."""
    says: str = ""
    steps: tuple[tuple[str, int, str], ...] = ()
    """How a default leads from this place to the model: path, line and what stands there, one step after the other."""


@dataclass(frozen=True, slots=True, order=True)
class Dismissal:
    """A place that looks like a use and is none, with the reason."""

    path: str
    line: int
    maker: str
    why: str

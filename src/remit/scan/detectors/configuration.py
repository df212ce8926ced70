"""Find settings whose key names a maker where frameworks look for one: `spring.ai.anthropic.api-key`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.occurrence import Grip, Occurrence, Role
from remit.scan.part import Part
from remit.scan.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document
    from remit.scan.mention import Mention

IDENT = "configuration"
_SETTINGS = {"yaml", "json", "toml", "ini", "env", "xml"}
_MARKS = frozenset(
    ["ai", "llm", "llms", "genai", "langchain4j", "spring-ai", "model-provider", "model_provider", "modelprovider"]
)
_KEYS = re.compile(r"api[-_.]?key|chat|embedding|model|base[-_]?url|enabled|options|temperature", re.IGNORECASE)
_CHOICES = frozenset(
    [
        "model_provider",
        "llm_provider",
        "modelprovider",
        "llmprovider",
        "ai_provider",
        "aiprovider",
        "chat_provider",
        "embedding_provider",
        "embeddings_provider",
        "llm-provider",
        "model-provider",
        "ai-provider",
        "llm_backend",
    ]
)


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each setting that gives a maker a section of its own among models, or chooses it by name."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK, Part.AGENT_FILE}:
        return
    words = context.signatures.words
    for mention in document.mentions:
        maker = words.get(mention.sighting.literal)
        if maker is None or mention.is_silent:
            continue
        section = document.language in _SETTINGS and _is_section(mention)
        choice = _is_choice(mention) and words.get(mention.token.strip().lower()) == maker
        if section or choice:
            yield Occurrence(
                detector=IDENT,
                path=document.path,
                line=mention.line,
                maker=maker,
                role=Role.DEFAULT if choice else Role.SELECTABLE,
                grip=Grip.LOOSE if document.part is Part.TEST else Grip.FIRM,
                scoped=f"{document.path}/" if section else "",
                chosen=choice,
                bound=mention.place.key,
                says=f"is chosen by {mention.place.key}" if choice else "has a section of its own among models",
            )


def _is_section(mention: Mention) -> bool:
    """Say whether a key's path passes `ai` or `llm`, then the maker, then something that models are told."""
    path = [*reversed(mention.place.around), mention.place.key, mention.token if mention.place.is_key else ""]
    words = [word.lower() for name in path for word in re.split(r"[.:/]|__", name) if word]
    if mention.sighting.literal not in words:
        return False
    at = words.index(mention.sighting.literal)
    return any(word in _MARKS for word in words[:at]) and (
        at + 1 == len(words) or bool(_KEYS.search(".".join(words[at + 1 :])))
    )


def _is_choice(mention: Mention) -> bool:
    return (
        mention.kind is Kind.STRING
        and mention.place.key.lower() in _CHOICES
        and not mention.place.is_key
        and not mention.place.compared
    )

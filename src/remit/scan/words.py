"""The few words by which code and settings say what a value is for, in any language."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z]{3})|[^A-Za-z0-9]+")

SLOTS = (
    "default_model", "defaultmodel", "default-model", "default_provider", "defaultprovider", "default-provider",
    "default_llm", "llm_model", "chat_model", "selected_model", "selectedmodel",
)  # fmt: skip
"""Names of settings for which a file is looked at even when it names no maker."""
_MODEL = frozenset(
    [
        "model",
        "models",
        "modelid",
        "modelname",
        "modelids",
        "repoid",
        "engine",
        "deployment",
        "llm",
        "llms",
        "embedding",
        "embeddings",
        "embedder",
        "checkpoint",
        "foundation",
        "foundationmodel",
        "basemodel",
        "chatmodel",
    ]
)
_CALLS = frozenset(
    [
        "model",
        "agent",
        "llm",
        "chat",
        "completion",
        "completions",
        "generate",
        "pretrained",
        "pipeline",
        "embed",
        "embedding",
        "embeddings",
        "transformer",
        "languagemodel",
        "client",
        "assistant",
        "converse",
        "engine",
        "lm",
        "using",
    ]
)
_KEEPS = frozenset(
    [
        "register",
        "add",
        "append",
        "push",
        "list",
        "set",
        "print",
        "log",
        "price",
        "cost",
        "count",
        "tokens",
        "supports",
        "is",
        "has",
        "valid",
        "assert",
        "test",
        "literal",
        "enum",
        "option",
        "choice",
        "models",
    ]
)
_COUNTS = frozenset(["encoding", "encodings", "encoder", "tokenizer", "tokenize"])
_PRICES = frozenset(["cost", "costs", "price", "prices", "pricing"])
_MADE_UP = frozenset(["dummy", "fake", "placeholder"])
_ADDED = frozenset(["chat", "client", "completion", "completions", "embeddings", "generation", "generator"])
"""What is added for a whole program to use, as against an entry of a list."""
_PROVIDER = {"provider", "providers", "vendor", "api", "backend", "llm", "service", "platform", "client", "engine"}
_DEFAULT = {"default", "defaults", "fallback", "fallbacks", "initial", "preferred"}
_SWITCHES = {"provider", "vendor", "backend"}
_REFUSED = frozenset(
    ["blacklist", "blacklisted", "blocklist", "blocked", "denylist", "denied", "excluded", "banned", "forbidden",
     "disallowed"]
)  # fmt: skip
_LISTS = (["black", "list"], ["block", "list"], ["deny", "list"])
_BASE = {
    "baseurl",
    "apibase",
    "endpoint",
    "baseaddress",
    "host",
    "url",
    "serverurl",
    "apiurl",
    "baseuri",
    "openaiapibase",
}


def parts_of(name: str) -> list[str]:
    """Split a name where its words are joined by capitals, numbers or signs; only its beginning is looked at."""
    return [part.lower() for part in _PARTS.findall(name[:200])]


def split(name: str) -> list[str]:
    """Split a name into its words, whichever way it joins them."""
    return [word.lower() for word in _CAMEL.split(name.rsplit("(", 1)[-1]) if word]


def is_model(name: str) -> bool:
    """Say whether a name is that of a model's id."""
    words = split(name)
    return not _MODEL.isdisjoint(words) or "".join(words) in _MODEL


def is_call(name: str, makers: frozenset[str]) -> bool:
    """Say whether a call of this name takes the id of the model it is to use."""
    words = set(split(name.rsplit(".", 2)[-1])) | set(split(name))
    keeps = words & _KEEPS
    if keeps == {"add"} and split(name)[-1:] and split(name)[-1] in _ADDED:
        keeps = set()
    return not words.isdisjoint(_CALLS | makers) and not keeps


def is_count(name: str) -> bool:
    """Say whether a call of this name divides text as a model would, or says what one costs, which asks none."""
    return not _COUNTS.isdisjoint(split(name)) or not _PRICES.isdisjoint(split(re.split(r"\W", name)[-1]))


def is_made_up(name: str) -> bool:
    """Say whether a name is that of something that only stands in for another."""
    return not _MADE_UP.isdisjoint(split(name))


def is_provider(name: str) -> bool:
    """Say whether a name is that of the choice of a maker."""
    return not _PROVIDER.isdisjoint(split(name))


def is_switch(name: str) -> bool:
    """Say whether a name chooses the maker for a whole program."""
    words = split(name)
    return not _SWITCHES.isdisjoint(words) or words[-2:] in (["default", "api"], ["llm", "type"], ["model", "type"])


def is_default(name: str) -> bool:
    """Say whether a name is that of what is taken when nobody chooses."""
    return not _DEFAULT.isdisjoint(split(name))


def is_refused(name: str) -> bool:
    """Say whether a name is that of a list of what is not to be taken."""
    words = split(name)
    return not _REFUSED.isdisjoint(words) or any(words[at : at + 2] in _LISTS for at in range(len(words)))


def is_address(name: str) -> bool:
    """Say whether a name is that of the address of a service."""
    words = split(name)
    return "".join(words[-2:]) in _BASE or "".join(words) in _BASE or (bool(words) and words[-1] in {"url", "endpoint"})

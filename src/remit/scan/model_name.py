"""Whose model an id names, and through which channel it asks for it.

1. An exact row of the catalogue goes first, then the beginnings of families, then words inside a path of a hub.
2. Every tail of a path is tried, since routers, clouds and hubs put themselves in front (`bedrock/us.anthropic.…`).
3. What a router puts in front names the channel; the vendor segment of a cloud id does too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.scan.signatures import Signatures

_SHAPE = re.compile(r"^[A-Za-z@~][\w.@:/+\-]{1,118}$")
_FILE = re.compile(
    r"\.(py|js|ts|tsx|jsx|mjs|go|rs|rb|php|java|kt|cs|md|json|ya?ml|toml|txt|svg|png|jpe?g|webp|gif|ico|html?|css|sh|exe|dll|lock|xml|log|csv|zip|pdf|com|org|dev|sock|env|db|vue|mdx|cfg|ini)$",
    re.IGNORECASE,
)
_REGION = re.compile(r"^(?:us|eu|apac|jp|au|ca|global|us-gov|sa|me|af)\.(?=[a-z0-9]+\.)")
_BEDROCK = re.compile(
    r"^(?:(?:us|eu|apac|jp|au|ca|global|us-gov)\.)?(?:anthropic|amazon|meta|mistral|cohere|ai21|stability|deepseek|openai|qwen|writer|twelvelabs|google|nvidia|moonshot|minimax|zai|luma)\.[a-z0-9][\w.\-]*(?::\d[\w:]*)?$"
)
_VERSIONED = re.compile(
    r"\d|latest|preview|turbo|instruct|-(?:pro|mini|nano|large|small|medium|tiny|chat|coder|reasoner|flash|beta|plus|max|lite|nemo|r|a|light|sonnet|opus|haiku|fable)\b"
)
_HOUSE = re.compile(r"[-_]?(?:labs?|ai|research|hf|org|inc|team|foundation|forai|technologies)$")
_TAG = re.compile(r"\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)?[bm]\b|latest\b", re.IGNORECASE)
"""What a runtime on this machine puts after a colon: how large a model is, or that it is the newest."""
_SITE = re.compile(r"^(?:hf\.co|huggingface\.co|ollama\.com/library|registry\.ollama\.ai/library)/")
_NUMBERED = re.compile(r"[\d\-/:]")
_RELEASE = re.compile(r"@(?:v\d|[0-9a-f]{40}$|\^|~|main$|master$|latest/)|^@(?!cf/)[\w\-]+/|^[\w\-]+-action\b")
_TEMPLATE = re.compile(r"\$?\{\{?[^{}]*\}?\}|%[sdv]|<[\w-]+>")

_FRONTS = {
    "vertex_ai": "vertex", "vertexai": "vertex", "google-vertex": "vertex", "publishers": "vertex",
    "azure_ai": "azure", "azure-openai": "azure", "together_ai": "together", "togetherai": "together",
    "fireworks_ai": "fireworks", "accounts": "fireworks", "ollama_chat": "ollama", "lm_studio": "lm-studio",
    "hosted_vllm": "vllm", "sagemaker": "sagemaker", "amazon-bedrock": "bedrock", "bedrock_converse": "bedrock",
    "converse": "bedrock", "foundation-model": "bedrock", "inference-profile": "bedrock",
    "@cf": "cloudflare-workers-ai", "github": "github-models", "github_copilot": "github-copilot",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """Whose model an id names."""

    maker: str
    model: str
    channel: str
    sure: bool
    """Whether the id alone is enough: it is in the catalogue, or bears its maker and a version."""

    @property
    def versioned(self) -> bool:
        """Whether it bears a version or a size, as an id does and a name does not."""
        return _VERSIONED.search(self.model.lower()) is not None


def named(token: str, signatures: Signatures) -> Named | None:
    """Say whose model a string names, if it is shaped like the id of one."""
    text = _TEMPLATE.sub("x", token.strip()).removeprefix("~")
    if text.endswith("/x"):  # Which model it is, is said elsewhere; the name of the maker in front is only a name.
        return None
    arn = text.lower().startswith("arn:")
    if arn:
        text = text.split("/", 1)[1] if "/" in text else text.rsplit(":", 1)[-1]
    if not _SHAPE.match(text) or _RELEASE.search(text) or _FILE.search(text) or "//" in text:
        return None
    text = _parted(text, signatures)
    lower = text.lower()
    if _SITE.match(lower):
        lower = text = lower.split("/", 1)[1]
    elif "/" in lower and "." in lower.split("/", 1)[0] and not _is_cloud_id(lower.split("/", 1)[0]):
        return None
    channel = _channel(lower, signatures, cloud=arn)
    segments = lower.split("/")
    for first in range(len(segments)):
        tail = "/".join(segments[first:])
        if found := _tail(tail, signatures):
            maker, exact = found
            owned = len(segments) > 1 and first == 0
            if not _VERSIONED.search(lower) and not exact:
                return Named(maker, token.strip(), channel, sure=False)
            sure = (exact and bool(_NUMBERED.search(tail))) or (
                bool(_VERSIONED.search(segments[-1])) and (owned or len(segments) > 1)
            )
            return Named(maker, token.strip(), channel, sure or _is_cloud_id(lower))
    return _owned(lower, token.strip(), channel, signatures) or _inside(lower, token.strip(), channel, signatures)


def _parted(text: str, signatures: Signatures) -> str:
    """Take what stands before a colon for who is asked, where it names a maker or a channel."""
    before, colon, after = text.partition(":")
    if not colon or _TAG.match(after):
        return text
    if "/" not in before and _is_owner(before.lower(), signatures):
        return f"{before}/{after}"
    known = _tail(after.lower(), signatures)
    # The maker by another of its names, and then its model: `gemini:gemini-2.5-pro`.
    return after if known and known[0] == signatures.words.get(before.lower()) else text


def _is_owner(word: str, signatures: Signatures) -> bool:
    """Say whether what stands before a colon names a maker or a channel, and not a model with a tag after it."""
    return word in _FRONTS or word in signatures.channels or signatures.words.get(word, "").endswith(word)


def _tail(tail: str, signatures: Signatures) -> tuple[str, bool] | None:
    """Look one tail up: exactly, without its tag or region, then by its beginning."""
    bare = _REGION.sub("", tail)
    forms = {tail, bare, bare.split("@", 1)[0], bare.split(":", 1)[0]}
    for form in sorted(forms, key=len, reverse=True):
        if maker := signatures.models.get(form):
            return maker, True
    vendored = bare.split(".", 1)[1] if _is_cloud_id(bare) else bare
    known = signatures.families_by_letter
    name, _, tag = bare.partition(":")
    bare = f"{name}-{tag}" if _TAG.match(tag) else bare
    for start, family in (*known.get(bare[:2], ()), *known.get(vendored[:2], ())):
        if (bare.startswith(start) or vendored.startswith(start)) and _ends_well(bare, vendored, start):
            return family.maker, False
    return None


def _ends_well(bare: str, vendored: str, start: str) -> bool:
    """A family's name must be followed by something that belongs to an id, and the id must bear a version."""
    rest = (bare if bare.startswith(start) else vendored)[len(start) :]
    if start[-1].isalpha() and rest[:1].isalpha():
        return False
    return bool(_VERSIONED.search(bare)) or "/" in start


def _owned(lower: str, token: str, channel: str, signatures: Signatures) -> Named | None:
    """Take the organisation before the stroke for the maker whose word it bears: `cohere-labs/…`, `mistralai/…`."""
    owner, stroke, name = lower.partition("/")
    bare = _HOUSE.sub("", owner)
    maker = signatures.words.get(bare, "")
    if not stroke or "/" in name or bare == owner or not maker:
        return None
    return Named(maker, token, channel, sure=False)


def _inside(lower: str, token: str, channel: str, signatures: Signatures) -> Named | None:
    """Look for a family's word inside the id of a hub: `unsloth/gemma-2-2b-it`, `Meta-Llama-3.1-8B`."""
    name = lower.rsplit("/", 1)[-1]
    if (lower.count("/") > 1 and not channel) or not re.search(r"\d", name) or "-" not in name:
        return None
    for part, family in signatures.fragments:
        if re.search(rf"(?<![a-z]){re.escape(part)}(?![a-z])", name):
            return Named(family.maker, token, channel, sure=False)
    return None


def _is_cloud_id(lower: str) -> bool:
    return _BEDROCK.match(lower) is not None and bool(_VERSIONED.search(lower))


def _channel(lower: str, signatures: Signatures, *, cloud: bool) -> str:
    """Name the channel an id asks for by what stands in front of it."""
    if cloud or _is_cloud_id(lower.rsplit("/", 1)[-1]):
        return "bedrock"
    front = lower.split("/", 1)[0] if "/" in lower else ""
    if front in _FRONTS:
        return _FRONTS[front]
    if front in signatures.channels and signatures.channels[front].kind in {"router", "host", "cloud", "local"}:
        return front
    if re.search(r"@(20\d{6}|latest|default|\d{3})$", lower):
        return "vertex"
    return ""

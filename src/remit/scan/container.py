"""What a program hands to whoever asks for a type: by a method that is marked so, or by an entry in a container.

A type of the program itself is taken for what it is; of others' types only those count that stand for a model, since
a client of HTTP that is handed round serves everybody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.page import Page
    from remit.scan.type_outline import Member

_MARKED = re.compile(r"@(?:Bean|Provides|Produces|Singleton|Factory|Named|ApplicationScoped)\b")
_RESULT = re.compile(r"([A-Z]\w*)(?:<[^()]*>)?\s+\w+\s*\(")
_RESULT_AFTER = re.compile(r"\)\s*:\s*(?:\w+\.)*([A-Z]\w*)")
_ENTERED = re.compile(
    r"\.(?:Try)?Add(?:Keyed)?(?:Singleton|Scoped|Transient)\s*<\s*(?:\w+\.)*([A-Z]\w*)\s*>\s*\("
    r"|\b(?:single|factory|scoped|bind)\s*<\s*([A-Z]\w*)\s*>\s*[({]"
)
_STANDS_FOR = (
    (re.compile(r"\.AddChatClient\s*\(|\.AsIChatClient\s*\("), ("IChatClient",)),
    (re.compile(r"\.Add\w*ChatCompletion\s*\(|\.AddKernel\s*\("), ("Kernel", "IChatCompletionService")),
    (re.compile(r"\.AddAIAgent\s*\(|\.(?:Create|As)AIAgent\s*\("), ("AIAgent",)),
)
"""What calls of a framework put into its container."""
_OF_MODELS = re.compile(
    r"(?:^|\.)(?:ai|llm|langchain4j|chat|genai|agents)(?:\.|$)|Microsoft\.(?:Extensions\.AI|SemanticKernel|Agents)",
    re.IGNORECASE,
)
_ABOVE, _BELOW = 4, 2
_STARTER = re.compile(
    r"spring-ai-(?:starter-model-|[\w-]+-spring-boot-starter)|langchain4j-[\w-]+-spring-boot-starter|quarkus-langchain4j-"
)
"""What is required so that a framework makes a model by itself, as the settings say, and hands it out."""
_STARTED = (
    "org.springframework.ai.chat.client.ChatClient",
    "org.springframework.ai.chat.model.ChatModel",
    "org.springframework.ai.chat.model.StreamingChatModel",
    "dev.langchain4j.model.chat.ChatModel",
    "dev.langchain4j.model.chat.ChatLanguageModel",
    "dev.langchain4j.model.chat.StreamingChatModel",
    "dev.langchain4j.model.chat.StreamingChatLanguageModel",
    "dev.langchain4j.service.spring.AiService",
    "io.quarkiverse.langchain4j.RegisterAiService",
)


def handed_out(page: Page, members: Iterable[Member], lines: Iterable[int]) -> Iterator[str]:
    """The types of what a file hands out by some of its members, or enters around some of its lines."""
    for member in members:
        if _MARKED.search(page.text, member.start, member.end):
            found = _RESULT_AFTER.search(member.head) or _RESULT.search(member.head + "(")
            if found is not None:
                yield found[1]
    for line in lines:
        rows = "\n".join(page.rows[max(0, line - _ABOVE) : line])
        own = rows.rfind("\n") + 1
        for entered in _ENTERED.finditer(rows):
            if entered.end() > own or rows.count("(", entered.end() - 1, own) > rows.count(")", entered.end(), own):
                yield entered[1] or entered[2]
        statement = "\n".join(page.rows[line - 1 : line + _BELOW]).split(";", 1)[0]
        for call, names in _STANDS_FOR:
            if call.search(statement):
                yield from names


def started(says: str) -> tuple[str, ...]:
    """The types that a framework hands out by itself where something is required."""
    return _STARTED if _STARTER.search(says) else ()


def is_of_models(namespace: str) -> bool:
    """Say whether a namespace of somebody else is one of models, so that a type of it stands for one."""
    return _OF_MODELS.search(namespace) is not None

"""Find resources of a cloud that reach its models, and the permissions to call them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remit.scan.context import report
from remit.scan.occurrence import Grip, Occurrence, Role
from remit.scan.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.context import Context
    from remit.scan.document import Document

IDENT = "infrastructure"
_WORDS = (b"edrock", b"ognitive", b"OpenAI", b"ertex_ai_endpoint", b"aiplatform.user")
_MARKS = (
    (
        re.compile(
            r"\bbedrock:(?:InvokeModel\w*|Converse\w*|\*)|\baws_bedrock\w*|AWS::Bedrock::\w+|bedrock-runtime|bedrock-agent-runtime|\baws_cdk\.aws_bedrock|aws-cdk-lib/aws-bedrock"
        ),
        "bedrock",
    ),
    (
        re.compile(
            r"Microsoft\.CognitiveServices/accounts/deployments|azurerm_cognitive_deployment|\bkind\s*[:=]\s*['\"]OpenAI['\"]"
        ),
        "azure",
    ),
    (re.compile(r"google_vertex_ai_endpoint\b|roles/aiplatform\.user"), "vertex"),
)


def detect(document: Document, context: Context) -> Iterator[Occurrence]:
    """Yield each resource or permission, whose models the place itself may not name."""
    if document.part in {Part.DOCUMENTATION, Part.LOCK}:
        return
    if not any(word in document.data for word in _WORDS):
        return
    for line in document.live_lines:
        text = document.rows[line - 1]
        for pattern, channel in _MARKS:
            match = pattern.search(text)
            if match is None:
                continue
            for maker, found in report(context, "", channel):
                yield Occurrence(
                    detector=IDENT,
                    path=document.path,
                    line=line,
                    maker=maker,
                    channel=found,
                    role=Role.ADDRESS,
                    grip=Grip.FIRM if channel != "vertex" else Grip.LOOSE,
                    says=f"asks for {match[0]}",
                )

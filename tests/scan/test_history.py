"""An agent in the history is known by what only an agent leaves."""

from __future__ import annotations

import pytest

from remit.scan.history import Commit, count
from remit.scan.signatures import signatures


def found(message: str = "fix", author: str = "Ada", mail: str = "ada@example.org") -> dict[str, int]:
    commit = Commit("0" * 40, author, mail, "Ada", "ada@example.org", message)
    return {trail.maker: trail.commits for trail in count([commit], signatures())}


@pytest.mark.parametrize(
    ("message", "maker"),
    [
        ("fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>", "anthropic"),
        ("fix\n\nCo-authored-by: Claude Opus 4.6 (1M context) <noreply@anthropic.com>", "anthropic"),
        ("fix\n\nAssisted-by: Claude Sonnet 4.5", "anthropic"),
        ("fix\n\nGenerated-By: Claude Code", "anthropic"),
        ("fix\n\n🤖 Generated with [Claude Code](https://claude.ai/code)", "anthropic"),
        ("fix\n\nClaude-Session: https://claude.ai/code/session_1", "anthropic"),
        ("fix\n\nMade-with: Cursor", "other:cursor"),
        ("fix\n\nCo-authored-by: Cursor <cursoragent@cursor.com>", "other:cursor"),
        ("fix\n\nCo-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>", "other:github-copilot"),
        (
            "fix\n\nCo-authored-by: Devin AI <158243242+devin-ai-integration[bot]@users.noreply.github.com>",
            "other:devin",
        ),
    ],
)
def test_a_trail_is_counted(message: str, maker: str) -> None:
    assert found(message) == {maker: 1}


@pytest.mark.parametrize(
    "message",
    [
        "I did this by hand, did not use Claude for once.",
        "fix\n\nCo-authored-by: Claude Paroz <claude@2xlibre.net>",
        "fix\n\nCo-authored-by: Claude Dupont <claude.dupont@users.noreply.github.com>",
        "fix\n\nCo-authored-by: Devin Smith <devin@example.org>",
        "fix\n\nSigned-off-by: Claude Monet <claude@example.org>",
        "fix\n\nReviewed-by: Jane Doe <jane@anthropic.com>",
        "bump anthropic from 0.3 to 0.4",
        "Use the model claude-3-opus for answers",
    ],
)
def test_a_person_or_a_sentence_is_not(message: str) -> None:
    assert found(message) == {}


@pytest.mark.parametrize(
    ("author", "mail", "expected"),
    [
        ("Claude", "noreply@anthropic.com", {"anthropic": 1}),
        ("Claude Paroz", "claude@2xlibre.net", {}),
        ("Claude", "claude@example.org", {}),
        ("Jane Doe", "jane@anthropic.com", {}),
        ("copilot-swe-agent[bot]", "198982749+Copilot@users.noreply.github.com", {"other:github-copilot": 1}),
        ("Devin", "devin@example.org", {}),
    ],
)
def test_an_author_is_an_agent_by_address(author: str, mail: str, expected: dict[str, int]) -> None:
    assert found(author=author, mail=mail) == expected

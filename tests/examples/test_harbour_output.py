"""What `make up` prints: the first thing anyone sees of Remit, held word for word."""

# ruff: noqa: E501  # the output stands here as it is printed

from __future__ import annotations

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from remit.cli.main import main

ROOT = Path(__file__).parents[2]
COMMAND = ["check", "examples/harbour", "--at", "2026-09-01T12:00:00Z"]


@pytest.fixture
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.usefixtures("_at_the_root")
def test_the_example_prints_its_verdicts_worst_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(COMMAND) == 10
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("remit check examples/harbour   at 2026-09-01T12:00:00Z   terms sha256:")
    assert "\n".join(line for line in lines if "history: " not in line) == snapshot("""\

harbour-watch  defence, for ministry, level restricted, in cloud-a
  outside        meta              integrated local-weights via ollama     llama3.1:8b  use case answer-the-watch
                 clause      ministry-order-12/limited-weights, order by ministry, in force since 2026-05-04T07:00:00Z: Weights whose licence limits their use leave restricted systems.
                 phase-out   runs until 2026-10-30T16:00:00Z
                 found       infra/compose.yaml:7, services/answers/answers/reply.py:12
  held           anthropic         integrated runtime-call via bedrock     anthropic.claude-sonnet-4-5-20250929-v1:0  use case answer-the-watch
                 clause      ministry-order-9/two-owners, order by ministry, in force since 2026-01-15T07:00:00Z: Two system owners approve, each apart, a model whose answers an officer may act on.
                 waits for   2 people in the role system-owner, each apart from the others, never the requester, who must be shown model-card and test-report; after 30d it is denied
                 found       infra/main.tf:9, services/answers/settings.yaml:2, services/answers/answers/models.py:11
  contested      mistral           optional runtime-call                   mistral-embed  use case find-reports
                 clause      house-rules/known-purposes, policy by quayside, in force since 2025-05-31T22:00:00Z: A model may serve a contract for a purpose that the register names.
                 shadow      if the contest over ministry-order-12/inside-the-cloud succeeded, it would be denied
                 found       services/search/search/mistral_vectors.py:11, services/search/pyproject.toml:8, services/search/search/find.py:6, 1 more file

research  research, for quayside, level internal, in office
  unknown        other:openrouter  integrated runtime-call via openrouter  model not named
                 clause      no clause in force surely permits it
                 settled by  knowing model.id
                 found       jobs/minutes.py:10

citizen-desk  civil, for port-authority, level public, in cloud-b
  stayed         alibaba-qwen      integrated runtime-call via dashscope   qwen-plus
                 clause      house-rules/known-purposes, policy by quayside, in force since 2025-05-31T22:00:00Z: A model may serve a contract for a purpose that the register names.
                 shadow      if board-designation-7/listed-seats, now stayed, were in force, it would be denied
                 found       apps/portal/src/plain.ts:5, apps/portal/.env.example:3
  within         cohere            integrated runtime-call                 embed-multilingual-v3.0
                 clause      house-rules/known-purposes
                 found       apps/portal/src/similar.ts:8, apps/portal/.env.example:4, apps/portal/package.json:9
  within         google            integrated runtime-call via vertex      gemini-2.5-flash
                 clause      house-rules/known-purposes
                 found       apps/portal/src/translate.ts:5, apps/portal/package.json:8
  within         openai            optional protocol-compatible-only       model not named
                 clause      house-rules/known-purposes
                 found       apps/portal/src/plain.ts:8

own-tools  own, for quayside, level internal, in office
  asserted-only  anthropic         devtool development-tool                model not named
                 clause      house-rules/development, policy by quayside, in force since 2025-05-31T22:00:00Z: Our people may develop with a coding agent.
                 duties      review (a person reads what it wrote before it is merged)
                 shadow      if ministry-post-12-june/no-agents-anywhere, only asserted, were binding, it would be denied
                 found       .github/workflows/review.yml:15, CLAUDE.md:1
  asserted-only  openai            devtool development-tool                model not named
                 clause      house-rules/development, policy by quayside, in force since 2025-05-31T22:00:00Z: Our people may develop with a coding agent.
                 duties      review (a person reads what it wrote before it is merged)
                 shadow      if ministry-post-12-june/no-agents-anywhere, only asserted, were binding, it would be denied
                 found       .github/actions/release-notes/action.yml:10

verdicts   1 outside · 1 unknown · 1 held · 1 contested · 1 stayed · 2 asserted-only · 3 within
dismissed  16 places that look like a use and are none; --format json lists them
           not inquired: settings of hosted services, bills and usage exports of makers and clouds, traffic leaving the network, suppliers and their suppliers, defaults chosen on a server or commits whose trailers were left out\
""")


@pytest.mark.usefixtures("_at_the_root")
def test_the_same_question_gets_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    main([*COMMAND, "--format", "json"])
    first = capsys.readouterr().out
    main([*COMMAND, "--format", "json"])
    assert capsys.readouterr().out == first

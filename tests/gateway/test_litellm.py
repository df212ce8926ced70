"""litellm is a client like others: it changes one address, and its calls run within the terms."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gateway.model_server import ModelServer
from tests.gateway.test_serving import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

APART = Path(os.environ.get("REMIT_APART", f"{sys.prefix}/apart"))
CLIENT = Path(__file__).with_name("litellm_client.py")
pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(
        not (APART / "litellm").is_dir(),
        reason="litellm pins an older library of OpenAI's than ours: make test-deep fetches both into .venv/apart",
    ),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    model = ModelServer()
    gateway = Served(tmp_path_factory.mktemp("litellm"), model)
    yield gateway
    gateway.stop()
    model.stop()


@pytest.mark.parametrize(("tool", "passes"), [("read-log", True), ("close-berth", False)])
def test_litellm_is_served_and_refused_over_either_wire(served: Served, tool: str, *, passes: bool) -> None:
    words = [sys.executable, str(CLIENT), f"http://127.0.0.1:{served.port}", served.key, tool]
    # It looks prices up on the net unless it is told not to.
    environment = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONPATH": str(APART)}
    run = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300, env=environment)
    found = json.loads(run.stdout)
    for wire, error in (("openai", "APIError"), ("anthropic", "PermissionDeniedError")):
        for way in ("", " streamed"):
            assert found[f"{wire} heron-2 hello{way}"] == ["one two three four", [], "stop"]
            said, calls, finish = found[f"{wire} heron-2 tool{way}"]
            assert (calls, finish) == (([tool], "tool_calls") if passes else ([], "stop"))
            assert passes or "Remit refused the tool call close-berth" in said
            assert found[f"{wire} osprey-1 hello{way}"] == [error, 403]

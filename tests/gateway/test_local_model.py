"""The demonstration with a real model: a fake at its runtime's interface, and the real one where it is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from remit.gateway import demo
from remit.gateway.facts import NOTHING_DECLARED
from remit.gateway.ground import make_rulebook
from remit.gateway.local_model import MODEL, RUNTIME, WEIGHTS, is_installed, start_local
from remit.gateway.routing import Target
from remit.terms.decision import Effect
from remit.terms.folder import load_terms
from remit.terms.use import Fact, VouchedBy

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "http://127.0.0.1:1"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_the_runtime_is_given_the_weights_and_bounds_and_tells_where_it_listens(tmp_path: Path) -> None:
    given: list[Any] = []

    def serve(asked: Any) -> SimpleNamespace:
        given.append(asked)
        return SimpleNamespace(listening_address=ADDRESS)

    def assemble(path: Path) -> Path:
        path.write_bytes(b"weights")
        return path

    def params() -> SimpleNamespace:
        return SimpleNamespace(model=SimpleNamespace(path=""))

    packages = {
        WEIGHTS: SimpleNamespace(assemble=assemble),
        RUNTIME: SimpleNamespace(CommonParams=params, Server=serve),
    }
    assert start_local(tmp_path, packages.__getitem__).listening_address == ADDRESS
    (asked,) = given
    assert asked.model.path == str(tmp_path / "weights.gguf")
    assert asked.model_alias == {MODEL}
    assert 0 < asked.n_predict < asked.n_ctx


@pytest.mark.parametrize(
    ("effect", "expected"),
    [("inform", Effect.PERMIT), ("decide-about-people", Effect.DENY), ("track-people", Effect.DENY)],
)
def test_the_model_is_judged_by_the_terms_of_its_maker(tmp_path: Path, effect: str, expected: Effect) -> None:
    demo.write_terms(tmp_path / "terms", 1, ADDRESS)
    register = tmp_path / "terms/remit.yaml"
    register.write_text(register.read_text(encoding="utf-8").replace("use.effect: inform", f"use.effect: {effect}"))
    terms = load_terms(tmp_path / "terms")
    book = make_rulebook(terms)
    (upstream,) = [each for each in terms.register.upstreams if each.maker == "google"]
    more: dict[str, Fact] = {"requests.window_1h": Fact(1, VouchedBy.MEASURED, "x")}
    use = book.sheet.invoke(demo.USE, Target(MODEL, upstream, MODEL), more, NOTHING_DECLARED)
    decision = book.decide(use, NOW)
    assert decision.effect is expected
    assert {reason.rule.instrument.id for reason in decision.because} == {"gemma-terms-of-use"}


def test_without_the_extra_the_terms_name_no_real_maker(tmp_path: Path) -> None:
    demo.write_terms(tmp_path / "terms", 1)
    assert [upstream.maker for upstream in load_terms(tmp_path / "terms").register.upstreams] == ["halden"]


@pytest.mark.deep
@pytest.mark.skipif(not is_installed(), reason="the extra `local`, a model of 240 MB and its runtime, is not installed")
def test_a_real_model_answers_within_its_terms() -> None:
    words = [sys.executable, "-m", "remit", "serve", "--demo", "--check"]
    told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300).stdout
    (_, _, answer) = told.partition(f"{MODEL}, a real model on this machine")
    assert "200: " in answer, json.dumps(told)

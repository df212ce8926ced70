from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from remit.cli.exit import Exit
from remit.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGISTER = """\
organisation: quayside
parties: [{id: quayside}]
makers: [{id: orrin}]
models: [{id: osprey-guard, maker: orrin}]
tools:
  - {id: strike, effect: read, says: Engage hostile targets with missiles and drones.}
  - {id: letter, effect: inform, says: Send a letter.}
detectors:
  - {id: guard, model: osprey-guard, policy: Look for force., key: {env: GUARD_KEY}, labels: {use_of_force: force}}
"""
ROWS = "text,label,negative\nshoot them,use_of_force,\nhello,neither,ordinary\ntea,neither,ordinary\n"


class Model(BaseHTTPRequestHandler):
    """A gateway that finds force in every text with a shot, and chokes on tea."""

    def do_POST(self) -> None:
        record = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = record["messages"][1]["content"]
        word = "use_of_force" if "shoot" in text else "none"
        body = json.dumps({"choices": [{"message": {"content": word}}]}).encode()
        known = self.headers["authorization"] == "Bearer k"
        self.send_response(200 if known and "tea" not in text else 403)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Model)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "remit.yaml").write_text(REGISTER)
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


def test_a_model_of_the_register_is_measured_through_the_gateway(
    folder: Path, gateway: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUARD_KEY", "k")
    rows = str(folder / "rows.csv")
    words = ["detector", "measure", rows, "--detector", "guard", "--terms", str(folder), "--gateway", gateway]
    assert main([*words, "--format", "json"]) == Exit.PARTIAL
    record = json.loads(capsys.readouterr().out)
    assert record["not_answered"] == 1
    assert record["classes"]["use_of_force"]["recall"]["hits"] == 1
    assert record["false_alarms"]["ordinary"]["hits"] == 0


def test_without_its_key_nothing_is_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = str(folder / "rows.csv")
    assert main(["detector", "measure", rows, "--detector", "guard", "--terms", str(folder)]) == Exit.MISUSED
    assert "does not stand in the variable GUARD_KEY" in capsys.readouterr().err
    misspelt = "gard"  # misspelt on purpose
    assert main(["detector", "measure", rows, "--detector", misspelt, "--terms", str(folder)]) == Exit.MISUSED
    assert "did you mean guard?" in capsys.readouterr().err


def test_a_gateway_that_gives_no_answer_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUARD_KEY", "k")
    words = ["detector", "measure", str(folder / "rows.csv"), "--detector", "guard", "--terms", str(folder)]
    assert main([*words, "--gateway", "http://127.0.0.1:9"]) == Exit.FAILED
    assert "gave no answer" in capsys.readouterr().err
    assert main([*words, "--gateway", "file:///etc"]) == Exit.MISUSED
    capsys.readouterr()


def test_a_registered_tool_whose_words_look_more_serious_is_told_first(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detector", "suggest", "--terms", str(folder)]) == Exit.OUTSIDE
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("strike")
    assert "but is registered as read" in first
    assert "nothing suggested" in second
    assert main(["detector", "suggest", "--terms", str(folder), "--format", "json"]) == Exit.OUTSIDE
    assert [tool["disagrees"] for tool in json.loads(capsys.readouterr().out)["tools"]] == [True, False]


def test_rows_of_one_kind_alone_teach_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rows.csv").write_text("text,label\nx,neither\n")
    assert main(["detector", "train", str(folder / "rows.csv"), "--output", str(folder / "w.json")]) == Exit.MISUSED
    assert "and of one other at least" in capsys.readouterr().err
    assert not (folder / "w.json").exists()


def test_a_file_that_is_not_there_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detector", "measure", str(folder / "none.csv")]) == Exit.NOTHING
    assert "there is no file" in capsys.readouterr().err

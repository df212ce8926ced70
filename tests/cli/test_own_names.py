"""What an organisation's register declares is found by a scan as what the catalogue knows is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remit.cli.main import main

REGISTER = """\
organisation: quayside
parties: [{id: quayside}, {id: halden}]
makers: [{id: halden, domicile: DE}]
models: [{id: heron-harbour-1, maker: halden, aliases: [heron-quay]}]
"""
CODE = 'def ask(client):\n    return client.responses.create(model="heron-harbour-1", input="Which berth is free?")\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("code").mkdir()
    Path("code/ask.py").write_text(CODE, encoding="utf-8")
    Path("remit/instruments").mkdir(parents=True)
    Path("remit/remit.yaml").write_text(REGISTER, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("place")
def test_a_scan_finds_the_models_that_the_terms_it_is_given_declare(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--json", "--no-cache", "code"]) == 0
    assert "halden" not in capsys.readouterr().out
    assert main(["scan", "--json", "--no-cache", "--terms", "remit", "code"]) == 0
    found = json.loads(capsys.readouterr().out)["code"]["makers"]["halden"]
    assert found["models"] == ["heron-harbour-1"]
    assert found["files"] == [{"path": "ask.py", "lines": [2]}]


@pytest.mark.usefixtures("place")
def test_a_check_finds_the_models_that_its_terms_declare(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "code", "--json", "--no-cache", "--terms", "remit", "--at", "2026-09-01T12:00:00Z"])
    assert "heron-harbour-1" in capsys.readouterr().out


@pytest.mark.usefixtures("place")
def test_a_scan_with_terms_that_cannot_be_used_scans_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("remit/remit.yaml").write_text("organisation: [", encoding="utf-8")
    assert main(["scan", "--terms", "remit", "code"]) not in {0, 4}
    assert "not usable" in capsys.readouterr().err

"""Who holds a key approves nothing that is asked for with it, under none of their names."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from remit.errors import EvidenceRefused
from tests.gateway.oversight.scene import AMADI, BAKER
from tests.gateway.oversight.served import Harbour, a_harbour

if TYPE_CHECKING:
    from pathlib import Path

    from remit.gateway.oversight.held import HeldCall

TOOLS = [{"type": "function", "function": {"name": "crane", "parameters": {"type": "object"}}}]


def new_key(harbour: Harbour, person: str) -> subprocess.CompletedProcess[str]:
    words = ["key", "new", "--terms", str(harbour.terms_folder), "--use", "unload", "--for", person]
    command = [sys.executable, "-m", "remit", *words, "--state", str(harbour.state)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def ask(harbour: Harbour, key: str) -> str:
    connection = HTTPConnection("127.0.0.1", harbour.port, timeout=30)
    body = {"model": "heron-1", "messages": [{"role": "user", "content": "Mine."}], "tools": TOOLS}
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    reply = connection.getresponse().read().decode()
    connection.close()
    return reply


def refuses(harbour: Harbour, held: HeldCall, name: str) -> None:
    with pytest.raises(EvidenceRefused, match="is who asks"):
        harbour.answer(held, AMADI, name)


def test_who_holds_the_key_does_not_approve_what_it_asks_for(tmp_path: Path) -> None:
    with a_harbour(tmp_path) as harbour:
        key = new_key(harbour, "amadi").stdout.split()[0]
        harbour.stop()
        harbour.start()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask, harbour, key)
            held = harbour.until_held()
            assert held.call.requester == "amadi"
            refuses(harbour, held, "amadi")
            refuses(harbour, held, "amadi-too")
            harbour.answer(held, BAKER, "baker", "refused", reason="enough seen")
            assert "enough seen" in asked.result(30)


def test_a_key_for_nobody_of_the_register_is_not_made(tmp_path: Path) -> None:
    with a_harbour(tmp_path) as harbour:
        made = new_key(harbour, "nobody-known")
        assert made.returncode != 0
        assert "No key was made" in made.stderr


def test_a_key_without_a_person_is_told_of_where_who_asks_may_not_approve(tmp_path: Path) -> None:
    with a_harbour(tmp_path) as harbour:
        made = new_key(harbour, "amadi").stdout
        assert "made for nobody" not in made
        program = harbour._remit("key", "new", "--terms", str(harbour.terms_folder), "--use", "unload")
        assert "It is made for nobody, though by halden/wait whoever asks may not approve" in program
        rows = json.loads(harbour._remit("key", "list", "--format", "json"))
        assert sorted((row["person"], row["apart"]) for row in rows) == [
            ("", ["halden/wait"]),
            ("", ["halden/wait"]),
            ("amadi", []),
        ]
        text = harbour._remit("key", "list")
        assert "for amadi" in text
        assert text.count("by halden/wait") == 2
        assert "remit key new --for PERSON" in text
    with a_harbour(tmp_path / "other", "approvals: {of: officer}, expires_in: 10m") as harbour:
        assert "Made for nobody" not in harbour._remit("key", "list")

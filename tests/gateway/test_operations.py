"""What is told of the gateway's traffic: from its ledger alone, from its counts, and by deciding again."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from remit.cli.main import main
from remit.gateway.activation import keep_terms
from remit.gateway.reconcile import month_of
from remit.gateway.state import LEDGER
from remit.gateway.traffic import open_entry
from remit.ledger.entry import make_draft, read_entry
from remit.ledger.folder import read_folder
from remit.ledger.kind import Effect, Kind
from remit.ledger.writer import Writer
from tests.gateway.live import Live, live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remit.ledger.entry import Entry
    from remit.ledger.folder import LogFolder

USE = "answer-the-harbour"
WENT_ON = 5
REFUSED = 2


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A gateway that served a little and stopped."""
    with live(tmp_path_factory.mktemp("operations")) as gateway:
        for _ in range(WENT_ON):
            assert gateway.ask()[0] == 200
        for _ in range(REFUSED):
            assert gateway.ask(model="osprey-1")[0] == 403
        assert not gateway.without_end()
        gateway.stop()
        yield gateway


@pytest.fixture
def state(stopped: Live, tmp_path: Path) -> Path:
    """A copy of its state, which a test may change."""
    return shutil.copytree(stopped.state, tmp_path / "state")


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(*words: object) -> tuple[int, str]:
        code = main([str(word) for word in words])
        return code, capsys.readouterr().out

    return run


def decisions(state: Path) -> list[Entry]:
    store = read_folder(state / LEDGER).open_store()
    try:
        found = [read_entry(raw) for raw in store.entries(0, store.head().size)]
    finally:
        store.close()
    return [entry for entry in found if entry.kind == Kind.DECISION]


def test_stats_count_what_went_on_and_what_did_not(state: Path, tell: Any) -> None:
    code, text = tell("stats", "--state", state, "--format", "json")
    (row,) = json.loads(text)["by_use"]
    assert code == 0
    assert row["use"] == USE
    assert row["decisions"] == WENT_ON + REFUSED
    assert row["effects"] == {"allow": WENT_ON, "deny": REFUSED}
    assert row["outcomes"] == WENT_ON
    assert tell("stats", "--state", state)[1].splitlines()[1].split()[:3] == [USE, "7", "2"]


def test_the_report_says_by_which_clause_a_use_was_refused_and_what_it_does_not_show(state: Path, tell: Any) -> None:
    code, text = tell("report", "interference", "--state", state, "--format", "json", "--window", "day")
    found = json.loads(text)
    assert code == 0
    assert [(row["clause"], row["effects"]["deny"]) for row in found["by_clause"]] == [
        ("remit#model-not-named", REFUSED)
    ]
    assert found["not_shown"]
    plain = tell("report", "interference", "--state", state)[1]
    assert "2 (28.57 %) refused, 0 (0.00 %) held." in plain
    assert "Not shown:" in plain
    markdown = tell("report", "interference", "--state", state, "--format", "markdown")[1]
    assert f"| {USE} | remit#model-not-named | 2 | 0 | - | 0 | 0 | - | - |" in markdown


def test_nothing_in_the_time_that_was_asked_about_is_nothing_to_look_at(state: Path, tell: Any) -> None:
    for words in (("stats",), ("report", "interference"), ("log", "replay")):
        assert tell(*words, "--state", state, "--since", "2999-01-01T00:00:00Z")[0] == 3


def test_recorded_decisions_are_decided_the_same_again(state: Path, tell: Any) -> None:
    code, text = tell("log", "replay", "--state", state, "--format", "json")
    assert code == 0
    counts = json.loads(text)["counts"]
    assert counts["agrees"] == WENT_ON
    assert counts["own-rule"] == REFUSED
    assert counts["differs"] == 0


def write_again(log: LogFolder, entry: Entry, **changed: object) -> None:
    """Write a decision with the contents of another, changed in what it shows."""
    store = log.open_store()
    contents = open_entry(store, log.keyring, entry).fields
    store.close()
    shown: dict[str, object] = {name: entry.fields[name] for name in ("o", "tm", "r", "b") if name in entry.fields}
    from remit.cli.log_place import clock

    writer = Writer(log.open_store, log.keyring, clock)
    writer.commit([make_draft(Kind.DECISION, entry.stream, {**shown, **changed}, contents)])
    writer.close()


def test_a_decision_that_the_terms_do_not_give_is_found(state: Path, tell: Any) -> None:
    log = read_folder(state / LEDGER)
    allowed = next(entry for entry in decisions(state) if entry.fields["o"] == Effect.ALLOW)
    write_again(log, allowed, o="deny")
    write_again(log, allowed, r=["halden-usage-policy/another"])
    code, text = tell("log", "replay", "--state", state)
    assert code == 12
    assert "2 decided otherwise now" in text
    assert "permit by halden-usage-policy/may" in text


def test_what_was_forgotten_or_is_not_kept_is_told_and_not_passed_over(state: Path, tell: Any) -> None:
    log = read_folder(state / LEDGER)
    store = log.open_store()
    store.forget(decisions(state)[0].n)
    store.close()
    code, text = tell("log", "replay", "--state", state)
    assert code == 4
    assert "its contents were forgotten" in text
    shutil.rmtree(state / "terms")
    code, text = tell("log", "replay", "--state", state)
    assert code == 4
    assert f"{WENT_ON - 1} made by terms that are not kept here" in text


def test_a_sample_is_drawn_the_same_by_the_same_seed(state: Path, tell: Any) -> None:
    drawn = [tell("log", "replay", "--state", state, "--sample", "3", "--seed", seed)[1] for seed in (1, 1)]
    assert drawn[0] == drawn[1]
    assert drawn[0].startswith("3 decisions were drawn:")


def test_a_providers_list_is_matched_by_ids_and_never_passes_with_rows_left(
    state: Path, tmp_path: Path, tell: Any
) -> None:
    month = decisions(state)[0].at[:7]
    rows = [f"c{number},{month}-02T10:00:00Z,heron-2" for number in range(1, WENT_ON + 1)]
    file = tmp_path / "list.csv"
    file.write_text("\n".join(("id,created_at,model", *rows)), encoding="utf-8")
    code, text = tell("log", "reconcile", file, "--state", state)
    assert (code, text.splitlines()[0]) == (0, "5 matched, 0 on one side alone; matched by the provider's ids.")
    file.write_text("\n".join(("id,created_at,model", *rows[1:], f"c99,{month}-02,heron-2")), encoding="utf-8")
    code, text = tell("log", "reconcile", file, "--state", state, "--format", "json")
    found = json.loads(text)
    group = {"month": month, "model": "heron-2", "matched": 4, "missing_here": 1, "missing_there": 1}
    assert code == 12
    assert found["groups"] == [group]
    assert found["missing_here"] == [{"line": 6, "id": "c99"}]
    assert found["missing_there"][0]["id"] == "c1"
    file.write_text("\n".join(("id,created_at,model", *rows, rows[0])), encoding="utf-8")
    assert tell("log", "reconcile", file, "--state", state)[0] == 12
    file.write_text("\n".join(("id,created_at,model", *rows, ",,")), encoding="utf-8")
    assert tell("log", "reconcile", file, "--state", state)[0] == 4


def test_a_bill_is_matched_by_month_and_model(state: Path, tmp_path: Path, tell: Any) -> None:
    month = decisions(state)[0].at[:7]
    file = tmp_path / "bill.csv"
    file.write_text(f"Month,Model,Requests\n{month},HERON,5\n", encoding="utf-8")
    code, text = tell("log", "reconcile", file, "--state", state)
    assert code == 0
    assert re.search(rf"{month} +heron-2 +5 +0 +0", text)
    file.write_text(f"Month,Model,Requests\n{month},heron,7\n{month},osprey-1,1\n", encoding="utf-8")
    code, text = tell("log", "reconcile", file, "--state", state)
    assert code == 12
    assert re.search(rf"{month} +heron-2 +5 +2 +0", text)
    assert re.search(rf"{month} +osprey-1 +0 +1 +0", text)
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    assert tell("log", "reconcile", file, "--state", state)[0] == 2


@pytest.mark.parametrize(
    ("text", "month"),
    [("2026-11", "2026-11"), ("2026-11-30T23:30:00-05:00", "2026-12"), ("1764000000", "2025-11"), ("soon", "")],
)
def test_a_month_is_read_in_the_forms_that_providers_write(text: str, month: str) -> None:
    assert month_of(text) == month


def test_a_drill_says_who_is_left_without_a_model(state: Path, tell: Any) -> None:
    code, text = tell("drill", "--cut", "halden", "--state", state)
    assert code == 10
    assert "5 of 5 calls are hit." in text
    assert re.search(rf"{USE} +heron-2 +5 +none left +heron-2 was switched off", text)
    assert tell("drill", "--cut", "orrin", "--state", state)[0] == 0
    assert tell("drill", "--cut", "nobody", "--state", state)[0] == 2


def test_a_drill_by_other_terms_says_which_model_serves_and_which_clause_refuses(
    stopped: Live, state: Path, tmp_path: Path, tell: Any
) -> None:
    terms = shutil.copytree(stopped.folder / "terms", tmp_path / "terms")
    register = terms / "remit.yaml"
    text = register.read_text(encoding="utf-8").replace("[heron-2, heron-1]", "[heron-2, osprey-1]")
    row = '  - {id: second, maker: orrin, channel: direct, base_url: "https://orrin.example/v1"}\nmakers:'
    register.write_text(text.replace("makers:", row), encoding="utf-8")
    policy = (terms / "instruments/halden-usage-policy.yaml").read_text(encoding="utf-8").replace("halden", "orrin")
    (terms / "instruments/orrin-usage-policy.yaml").write_text(policy, encoding="utf-8")
    words = ("drill", "--cut", "halden", "--state", state, "--terms", terms, "--format", "json")
    code, printed = tell(*words, "--at", "2026-06-01T00:00:00Z")
    (found,) = json.loads(printed)["use_cases"]
    assert code == 0
    assert (found["served_by"], found["upstream"], found["calls"]) == ("osprey-1", "second", WENT_ON)
    code, printed = tell(*words, "--at", "2025-06-01T00:00:00Z")
    (found,) = json.loads(printed)["use_cases"]
    assert code == 10
    assert found["served_by"] is None
    assert "No clause in force at 2025-06-01T00:00:00Z" in found["says"]


def read_counts(port: int, headers: dict[str, str]) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/metrics", headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def wait_until_ready(port: int) -> None:
    """Wait until a worker answers: the port is bound before they listen on it."""
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
            if sock.recv(1000).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.05)
    raise AssertionError("no worker answers")


def workers_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def test_terms_that_several_workers_keep_at_once_are_kept_once(stopped: Live, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(10):
            kept = tmp_path / str(number)
            found = list(pool.map(lambda _, kept=kept: keep_terms(stopped.folder / "terms", kept), range(8)))
            assert {terms.digest for terms in found} == {f"sha256:{path.name}" for path in kept.iterdir()}


@pytest.mark.parametrize("wait", [0.0, 0.5])
def test_a_gateway_that_is_told_to_stop_while_a_worker_is_replaced_stops(tmp_path: Path, wait: float) -> None:
    with live(tmp_path, start=False) as gateway:
        words = ["serve", str(tmp_path / "terms"), "--state", str(gateway.state), "--listen", "127.0.0.1:0"]
        gateway.process = subprocess.Popen(
            [sys.executable, "-m", "remit", *words, "--workers", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert gateway.process.stdout is not None
        wait_until_ready(int(gateway.process.stdout.readline().rpartition(":")[2]))
        workers = workers_of(gateway.process.pid)
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        time.sleep(wait)
        gateway.stop()
        assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_counts_hold_what_is_on_record_over_all_workers_and_nothing_of_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REMIT_METRICS_TOKEN", raising=False)
    with live(tmp_path, start=False) as gateway:
        words = ["serve", str(tmp_path / "terms"), "--state", str(gateway.state), "--listen", "127.0.0.1:0"]
        with (tmp_path / "stderr").open("wb") as told:
            gateway.process = subprocess.Popen(
                [sys.executable, "-m", "remit", *words, "--workers", "2", "--journal"],
                stdout=subprocess.PIPE,
                stderr=told,
                text=True,
            )
        assert gateway.process.stdout is not None
        gateway.port = int(gateway.process.stdout.readline().rpartition(":")[2])
        wait_until_ready(gateway.port)
        for _ in range(12):
            assert gateway.ask("a secret word: xylophone")[0] == 200
        assert gateway.ask(model="osprey-1")[0] == 403
        assert not gateway.without_end()
        text = ""
        for _ in range(4):  # Whichever worker answers, it answers for both.
            status, text = read_counts(gateway.port, {})
            assert status == 200
            assert f'remit_decisions_total{{effect="allow",use="{USE}"}} 12.0' in text
            assert f'remit_refusals_total{{rule="remit#model-not-named",use="{USE}"}} 1.0' in text
        assert read_counts(gateway.port, {"x-forwarded-for": "10.0.0.1"})[0] == 403
        gateway.stop()
        journal = (tmp_path / "stderr").read_text(encoding="utf-8")
        events = [json.loads(line)["event"] for line in journal.splitlines() if line.startswith("{")]
        assert events.count("decision") == 13
        assert events.count("outcome") == 12
        for secret in ("xylophone", gateway.key):
            assert secret not in journal + text

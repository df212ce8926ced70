"""`remit witness sign` and `remit witness serve`: what each says, leaves behind and exits with."""

import re
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from remit.cli.main import main
from remit.ledger.cosignature import verify_cosignatures
from remit.ledger.note import SignedNote, parse_key, parse_note, parse_signatures
from remit.ledger.proof import make_consistency
from remit.ledger.witness import write_request
from tests.ledger.small_log import LOG_KEY, SmallLog

LOG = SmallLog(9)
OPTIONS = ["--name", "witness.example/w1", "--key", "witness.pem", "--logs", "logs"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("logs").write_text(f"log {LOG_KEY.text}\nquorum none\n", encoding="utf-8")
    Path("request").write_bytes(write_request(0, [], LOG.checkpoint(5).content()))
    Path("next").write_bytes(write_request(5, make_consistency(5, 9, LOG.node), LOG.checkpoint().content()))
    return tmp_path


def test_a_log_that_grows_is_cosigned_from_file_to_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["witness", "sign", "request", *OPTIONS, "--new-key"]) == 0
    printed = capsys.readouterr().out
    assert main(["witness", "sign", "next", *OPTIONS, "--out", "line"]) == 0
    assert main(["witness", "serve", *OPTIONS, "--print-key"]) == 0
    key = parse_key(capsys.readouterr().out.strip())
    for size, lines in ((5, printed), (9, Path("line").read_text(encoding="utf-8"))):
        note = SignedNote(LOG.checkpoint(size).text, parse_signatures(lines))
        assert [made.key for made in verify_cosignatures(note, [key])] == [key]
    assert Path("witness.pem").stat().st_mode & 0o777 == 0o600
    (stored,) = Path("witness").glob("*.checkpoint")
    assert parse_note(stored.read_bytes()).text == LOG.checkpoint().text


def test_a_request_from_another_size_is_refused_with_the_size(capsys: pytest.CaptureFixture[str]) -> None:
    main(["witness", "sign", "request", *OPTIONS, "--new-key"])
    assert main(["witness", "sign", "request", *OPTIONS]) == 12
    said = capsys.readouterr().err
    assert "cosigned size 5 last" in said
    assert "Refused at the step witness-old-size." in said


def test_a_request_that_does_not_hold_names_the_step(capsys: pytest.CaptureFixture[str]) -> None:
    Path("request").write_bytes(write_request(0, [bytes(32)], LOG.checkpoint(5).content()))
    assert main(["witness", "sign", "request", *OPTIONS, "--new-key"]) == 12
    assert "Refused at the step consistency-length." in capsys.readouterr().err
    assert not list(Path("witness").glob("*.checkpoint"))


def test_a_new_key_never_takes_the_place_of_one_that_is_there() -> None:
    main(["witness", "serve", *OPTIONS, "--new-key", "--print-key"])
    before = Path("witness.pem").read_bytes()
    main(["witness", "serve", *OPTIONS, "--new-key", "--print-key"])
    assert Path("witness.pem").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["sign", "request", *OPTIONS], 3, "witness.pem was not read"),
        (["sign", "absent", *OPTIONS, "--new-key"], 3, "absent was not read"),
        (["sign", "huge", *OPTIONS, "--new-key"], 3, "huge is longer than"),
        (["sign", "request", *OPTIONS[:4], "--new-key"], 2, "--logs must name the logs"),
        (["sign", "request", *OPTIONS[:4], "--logs", "empty", "--new-key"], 2, "has no log line"),
        (["sign", "request", *OPTIONS[2:], "--name", "a b", "--new-key"], 12, "note-name"),
        (["serve", *OPTIONS, "--new-key", "--listen", "8473"], 2, "is not an address"),
        (["serve", *OPTIONS, "--new-key", "--listen", "127.0.0.1:99999"], 2, "is not an address"),
    ],
)
def test_what_is_missing_is_named(words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").write_text("quorum none\n", encoding="utf-8")
    Path("huge").write_bytes(bytes(4 * 1024 * 1024 + 1))
    assert main(["witness", *words]) == code
    assert says in capsys.readouterr().err


def test_a_witness_serves_until_it_is_ended(place: Path) -> None:
    command = [sys.executable, "-m", "remit", "witness", "serve", *OPTIONS, "--new-key", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        found = re.match(r"http://127\.0\.0\.1:(\d+) cosigns for ", running.stdout.readline())
        assert found
        connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
        connection.request("POST", "/add-checkpoint", Path("request").read_bytes())
        answer = connection.getresponse()
        assert (answer.status, answer.read().startswith("— witness.example/w1 ".encode())) == (200, True)
        assert '"POST /add-checkpoint HTTP/1.1" 200' in running.stderr.readline()
        connection.close()
        running.terminate()

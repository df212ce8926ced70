"""Where the gateway listens is read before anything is made, and is its own."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from remit.cli.exit import Exit
from remit.cli.main import main
from remit.cli.state import listen
from remit.errors import UsageError

HARBOUR = str(Path(__file__).parents[2] / "examples/harbour/remit")


@pytest.mark.parametrize("place", ["nonsense", "127.0.0.1", ":8787", "127.0.0.1:http", "127.0.0.1:70000"])
def test_a_place_that_is_none_is_refused_with_nothing_made(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    assert main(["serve", HARBOUR, "--state", str(state), "--check", "--listen", place]) == Exit.MISUSED
    assert "is not HOST:PORT" in capsys.readouterr().err
    assert not state.exists()


def test_beats_that_cannot_be_are_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    assert main(["serve", HARBOUR, "--state", str(state), "--check", "--beat", "-1"]) == Exit.MISUSED
    assert "--beat -1 is no number of seconds" in capsys.readouterr().err
    assert not state.exists()


def test_files_of_tls_that_cannot_be_read_are_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--tls-certificate", "nowhere.pem", "--tls-key", "nowhere.key", "--state", str(tmp_path / "state")]
    assert main(["serve", HARBOUR, "--check", *given]) == Exit.MISUSED
    said = capsys.readouterr().err
    assert "No such file or directory" in said
    assert "Errno" not in said


def test_a_port_that_another_gateway_has_is_not_shared_with_it() -> None:
    first = listen("127.0.0.1:0")
    first.listen()
    place = f"127.0.0.1:{first.getsockname()[1]}"
    with first, pytest.raises(UsageError, match="cannot be listened on"):
        listen(place)


def test_the_workers_of_one_gateway_share_its_port() -> None:
    with listen("127.0.0.1:0") as first, listen(f"127.0.0.1:{first.getsockname()[1]}", alone=False) as second:
        assert first.getsockname() == second.getsockname()
        assert second.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)

"""What the commands of the gateway share: the folder of its state, and where it listens."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from remit.cli.log_place import clock
from remit.errors import NothingToLookAt, UsageError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from remit.ledger.folder import LogFolder

LARGEST_PORT = 65_535
DEFAULT_LISTEN = "127.0.0.1:8787"
DEFAULT_STATE = "remit-state"


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the gateway's state, which holds its ledger."""
    parser.add_argument(
        "--state", metavar="DIR", default=DEFAULT_STATE, help=f"ledger, keys, kept terms (default: {DEFAULT_STATE})"
    )


def read_state(state: Path) -> LogFolder:
    """Return the log of a gateway's state."""
    from remit.gateway.state import LEDGER
    from remit.ledger.folder import is_folder, read_folder

    if not is_folder(state / LEDGER):
        raise NothingToLookAt(f"Nothing was looked at: {state} is no state of a gateway; remit serve makes one.")
    return read_folder(state / LEDGER)


def make_state(state: Path, terms: Path, origin: str | None) -> None:
    """Make the folder of the gateway's state with a new log in it, unless there is one."""
    from remit.gateway.state import LEDGER
    from remit.ledger.entry import make_draft
    from remit.ledger.folder import is_folder, make_folder
    from remit.ledger.kind import LOG_STREAM, Kind
    from remit.ledger.signer import FileSigner
    from remit.ledger.writer import Writer
    from remit.terms.folder import load_terms

    if is_folder(state / LEDGER):
        return
    organisation = load_terms(terms).register.organisation or "organisation"
    state.mkdir(parents=True, exist_ok=True)
    log = make_folder(state / LEDGER, origin or f"{organisation}/gateway", FileSigner.generate())
    writer = Writer(log.open_store, log.keyring, clock)
    try:
        writer.commit([make_draft(Kind.START, LOG_STREAM)])
    finally:
        writer.close()


def read_place(place: str) -> tuple[str, int]:
    """Return the host and the port to listen on."""
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or int(port) > LARGEST_PORT:
        raise UsageError(f"Nothing is served: --listen {place!r} is not HOST:PORT, such as {DEFAULT_LISTEN}.")
    return host.strip("[]"), int(port)


def listen(place: str, *, alone: bool = True) -> socket.socket:
    """Return a socket that is bound, and that workers to come may share; `alone` refuses one that somebody has.

    Two gateways on one port would share its calls between their terms and their logs.
    """
    host, port = read_place(place)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if alone and port:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _bind(probe, (host, port), place)
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    _bind(sock, (host, port), place)
    return sock


def _bind(sock: socket.socket, address: tuple[str, int], place: str) -> None:
    try:
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise UsageError(f"Nothing is served: {place} cannot be listened on: {error}.") from error

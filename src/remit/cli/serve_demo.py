"""`remit serve --demo`: terms, a log, a scripted model and the gateway in a temporary folder, and a tour of them."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock, writing
from remit.cli.state import listen, make_state
from remit.gateway.credential import ROWS, make_credential, new_token
from remit.gateway.demo import USE, start_model, tour, write_terms
from remit.gateway.local_model import is_installed, start_local
from remit.gateway.state import LEDGER
from remit.gateway.worker import Setting, Worker
from remit.ledger.folder import read_folder
from remit.ledger.writer import Turn

if TYPE_CHECKING:
    import argparse

    from remit.gateway.local_model import LocalModel


def run_demo(args: argparse.Namespace) -> int:
    """Start everything, show the tour, and serve until interrupted; with --check stop after the tour."""
    with tempfile.TemporaryDirectory(prefix="remit-demo-") as place:
        asyncio.run(_demo(Path(place), args.listen, stay=not args.check))
    return Exit.WITHIN


async def _demo(place: Path, wanted: str, *, stay: bool) -> None:
    model, port = await start_model()
    terms, state = place / "terms", place / "state"
    local = await asyncio.to_thread(_start_local, place)
    write_terms(terms, port, "" if local is None else local.listening_address)
    make_state(state, terms, None)
    key = _make_key(state)
    sock = listen(wanted if stay else "127.0.0.1:0")
    begun = asyncio.Event()
    worker = Worker(Setting(terms, state, clock, time.monotonic, dict(os.environ), publish_every=5))
    serving = asyncio.create_task(worker.serve(sock, begun.set))
    try:
        await begun.wait()
        await asyncio.to_thread(_show_tour, sock.getsockname()[1], key, local=local is not None)
        if stay:
            _say_what_to_try(place, sock.getsockname(), key)
        else:
            worker.stop()
        await serving
    finally:
        worker.stop()
        await asyncio.gather(serving, return_exceptions=True)
        worker.close()
        model.close()


def _make_key(state: Path) -> str:
    token = new_token()
    credential = make_credential(token, USE, clock(), models=(), tools=(), until=None)
    with writing(read_folder(state / LEDGER)) as writer:
        writer.commit(rows={ROWS + credential.id: Turn(None, credential.row())})
    return token


def _start_local(place: Path) -> LocalModel | None:
    """Start the real model where its extra is installed; without it, or where it does not run, the script answers."""
    if not is_installed():
        return None
    try:
        return start_local(place)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        # The runtime is a library for some machines and not for others.
        print(f"The local model does not run here, and only the scripted one is served: {error}\n", flush=True)
        return None


def _show_tour(port: int, key: str, *, local: bool) -> None:
    print("What just happened, through an unmodified OpenAI address:\n")
    for stop in tour(port, key, local=local):
        print(f"  {stop.asked}\n    {stop.came}\n    decision {stop.decision}\n")


def _say_what_to_try(place: Path, address: tuple[str, int], key: str) -> None:
    base = f"http://{address[0]}:{address[1]}"
    ledger = place / "state" / LEDGER
    print("What to try, in another terminal:\n")
    print(f"  export OPENAI_BASE_URL={base}/v1 OPENAI_API_KEY={key}")
    print('  curl -s $OPENAI_BASE_URL/chat/completions -H "authorization: Bearer $OPENAI_API_KEY" \\')
    print('    -d \'{"model": "heron-2", "messages": [{"role": "user", "content": "Who lies at berth 4?"}]}\'')
    print(f"  remit log show {ledger} --last 5")
    print(f"  remit log verify {ledger} --trust-key-inside")
    print(
        f"  edit {place / 'terms'}/instruments/halden-usage-policy.yaml, and ask again: it counts within two seconds\n"
    )
    print("Everything goes away with Ctrl-C.", flush=True)

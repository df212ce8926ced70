"""`remit serve`: the gateway, in one process or several, until it is told to stop."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import find_folder
from remit.cli.log_place import clock
from remit.cli.state import DEFAULT_LISTEN, add_state, listen, make_state, read_place
from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Callable

    from remit.cli.parser import Subparsers
    from remit.gateway.inside import Inside
    from remit.gateway.server import Message, Pages, Receive, Sender
    from remit.gateway.worker import Setting

COUNTS = "counts"
_MOST_WORKERS = 64
EPILOG = """\
Clients change one address: OPENAI_BASE_URL=http://127.0.0.1:8787/v1 or ANTHROPIC_BASE_URL=http://127.0.0.1:8787,
with a key of `remit key new` in place of the provider's. --demo needs nothing else and shows what happens.
--check reads the terms and the addresses, makes the state folder, and stops before it serves.

example:
  remit serve examples/harbour/remit --state state --check
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("serve", description="Serve the gateway, at which the terms hold.", epilog=EPILOG)
    parser.add_argument("folder", nargs="?", metavar="TERMS", help="the folder of terms (default: remit)")
    parser.add_argument("--demo", action="store_true", help="start everything in a temporary folder and show it")
    parser.add_argument("--check", action="store_true", help="check that everything is there, and do not serve")
    add_state(parser)
    place = parser.add_argument_group("where and how")
    place.add_argument(
        "--listen", metavar="HOST:PORT", default=DEFAULT_LISTEN, help=f"where to listen (default: {DEFAULT_LISTEN})"
    )
    place.add_argument("--workers", type=int, default=1, metavar="N", help="processes that serve (default: 1)")
    place.add_argument("--origin", metavar="NAME", help="the name of a new log (default: ORGANISATION/gateway)")
    place.add_argument("--journal", action="store_true", help="tell what happens as lines of JSON on stderr")
    place.add_argument(
        "--beat", type=int, default=300, metavar="SECONDS", help="between two signs of life in the log (300)"
    )
    place.add_argument("--grace", type=int, default=30, metavar="SECONDS", help="for calls under way at the end (30)")
    place.add_argument(
        "--wait", type=int, default=600, metavar="SECONDS",
        help="for people to answer a held call before its client is told to come back (600)",
    )  # fmt: skip
    place.add_argument(
        "--console", metavar="ADDRESS", default="",
        help="where browsers find the pages for approvers (default: http://localhost:PORT, from this machine alone)",
    )  # fmt: skip
    place.add_argument("--no-console", action="store_true", help="serve no pages")
    secure = parser.add_argument_group("TLS")
    secure.add_argument("--tls-certificate", metavar="FILE", help="our certificate with its chain, in PEM")
    secure.add_argument("--tls-key", metavar="FILE", help="its key, in PEM")
    secure.add_argument("--tls-clients", metavar="FILE", help="authorities whose certificates every client must have")


def run(args: argparse.Namespace) -> int:
    """Serve until a signal says to stop."""
    if args.demo:
        from remit.cli.serve_demo import run_demo

        return run_demo(args)
    # While it starts nothing is thrown away; who serves looks for garbage again, and less often.
    gc.disable()
    try:
        return _serve(args)
    finally:
        gc.enable()


def _serve(args: argparse.Namespace) -> int:
    if not 1 <= args.workers <= _MOST_WORKERS:
        raise UsageError(f"Nothing is served: --workers {args.workers} is not from 1 to {_MOST_WORKERS}.")
    if args.beat < 0:
        raise UsageError(f"Nothing is served: --beat {args.beat} is no number of seconds; 0 is for no beats.")
    read_place(args.listen)
    setting = read_setting(args)
    if args.check:
        from remit.gateway.worker import Worker

        Worker(setting).close()
        print(f"Ready to serve {setting.terms} on {args.listen}; nothing was served.")
        return Exit.WITHIN
    sock = listen(args.listen)
    if args.workers > 1:
        from remit.gateway.metrics import share_counts

        share_counts(setting.state / COUNTS)
    if args.workers == 1:
        return serve_here(setting, sock, lambda: _tell_begun(sock, setting))
    return _serve_many(setting, sock, args.workers)


def read_setting(args: argparse.Namespace) -> Setting:
    """Read what a worker is told, and make the state folder where it is not there."""
    from remit.gateway.body import BOUNDS
    from remit.gateway.worker import Setting

    terms, state = find_folder(args.folder), Path(args.state)
    tls = None
    if args.tls_certificate or args.tls_key or args.tls_clients:
        if not args.tls_certificate or not args.tls_key:
            raise UsageError("Nothing is served: --tls-certificate and --tls-key go together.")
        from remit.gateway.tls import Tls, make_server_context

        tls = Tls(args.tls_certificate, args.tls_key, args.tls_clients or "")
        make_server_context(tls)
    make_state(state, terms, args.origin)
    bounds = BOUNDS._replace(inline=args.wait)
    environment = dict(os.environ)
    return Setting(
        terms,
        state,
        clock,
        time.monotonic,
        environment,
        tls,
        bounds,
        grace=args.grace,
        beat_every=args.beat,
        journal=args.journal,
        pages=_pages(args),
    )


def _pages(args: argparse.Namespace) -> Callable[[Inside], Pages] | None:
    """Return what makes the pages for approvers; nothing where they are not wanted, or the extra is not there."""
    from importlib.util import find_spec

    if args.no_console or find_spec("jinja2") is None or find_spec("webauthn") is None:
        return None
    return lambda inside: _when_asked(lambda: _console(inside, args.console))


def _when_asked(make: Callable[[], Pages]) -> Pages:
    """Return pages that are made when somebody first asks for one, so that calls need not wait for them to start."""
    import asyncio

    made: Pages | None = None
    making = asyncio.Lock()

    async def answer(scope: Message, receive: Receive, send: Sender) -> None:
        nonlocal made
        async with making:
            pages = made = await asyncio.to_thread(make) if made is None else made
        await pages(scope, receive, send)

    return answer


def _console(inside: Inside, origin: str) -> Pages:
    from remit.console.app import Console

    return Console(inside, origin)


def serve_here(setting: Setting, sock: socket.socket, begun: Callable[[], None], *, first: bool = True) -> int:
    """Serve in this process."""
    import asyncio

    import uvloop

    from remit.gateway.worker import Worker

    worker = Worker(setting, first=first)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(worker.serve(sock, begun))
    finally:
        worker.close()
    return Exit.WITHIN


def _serve_many(setting: Setting, sock: socket.socket, number: int) -> int:
    """Serve in several processes, each with a socket of its own on one port; one that dies is started anew."""
    host, port = sock.getsockname()[:2]
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    ends: list[int] = []
    pids: dict[int, int] = {}

    def stop(signum: int, _frame: object) -> None:
        if signum != signal.SIGHUP:
            ends.append(signum)
        for pid in pids:
            # One that died is still there until it was waited for, and may have been waited for just now.
            with suppress(ProcessLookupError):
                os.kill(pid, signum)

    for number_of in range(number):
        pids[_fork(setting, place, first=number_of == 0)] = number_of
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, stop)
    _tell_begun(sock, setting)
    while pids:
        try:
            pid, _ = os.wait()
        except ChildProcessError:
            break
        place_of = pids.pop(pid, None)
        if place_of is not None and not ends:
            print(f"remit: worker {pid} died; another takes its place", file=sys.stderr, flush=True)
            _replace(pids, place_of, partial(_fork, setting, place, first=place_of == 0), ends)
    return Exit.WITHIN


def _replace(pids: dict[int, int], place_of: int, fork: Callable[[], int], ends: list[int]) -> None:
    """Start a worker anew after a moment, unless it is to end meanwhile; a new one is told too if it came too late."""
    time.sleep(1)
    if ends:
        return
    pid = fork()
    pids[pid] = place_of
    if ends:
        os.kill(pid, signal.SIGTERM)


def _fork(setting: Setting, place: str, *, first: bool) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = Exit.FAILED
    try:
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, signal.SIG_DFL)
        code = Exit(serve_here(setting, listen(place, alone=False), lambda: None, first=first))
    except BaseException as error:  # noqa: BLE001 - a process of its own, which must not go on as its parent.
        print(f"remit: worker ended: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _tell_begun(sock: socket.socket, setting: Setting) -> None:
    # Where it is said before the first accept, a client that connects waits in the backlog.
    host, port = sock.getsockname()[:2]
    scheme = "http" if setting.tls is None else "https"
    print(f"Serving on {scheme}://{host}:{port}", flush=True)

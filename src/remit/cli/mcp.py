"""`remit mcp`: stand between an agent and a tool server that the agent would start itself."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock, read_file
from remit.cli.state import add_state, make_state
from remit.errors import NothingToLookAt, UsageError

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.gateway.mcp.station import Station
    from remit.terms.tool_server import ToolServer

_VARIABLE = "REMIT_KEY"
EPILOG = """\
An agent starts this in place of the server's own command, which stands in the register:
  tool_servers: [{id: quay, command: [quay-tools, --stdio]}]
The server sees PATH, HOME and the like of the environment, the variable of its key, and what --pass names.

example:
  remit serve examples/harbour/remit --state state --check
  remit mcp quay --state state # exit 2
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "mcp", description="Judge the calls of a tool server that is started.", epilog=EPILOG
    )
    parser.add_argument("server", metavar="SERVER", help="the tool server, as the register names it")
    parser.add_argument("--terms", metavar="TERMS", help="the folder of terms (default: those in force in the state)")
    add_state(parser)
    key = parser.add_mutually_exclusive_group()
    key.add_argument(
        "--use-key-from", metavar="VARIABLE", default=_VARIABLE,
        help=f"the variable that holds the key of the use case (default: {_VARIABLE})",
    )  # fmt: skip
    key.add_argument("--key", metavar="FILE", help="a file that holds the key")
    parser.add_argument(
        "--pass", dest="passed", metavar="VARIABLE", action="append", default=[], help="what else the server may see"
    )
    parser.add_argument(
        "--wait", type=int, default=600, metavar="SECONDS",
        help="for people to answer a held call before the agent is told to come back (600)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Pass messages between the agent and the server until one of them ends."""
    from remit.gateway.body import BOUNDS
    from remit.gateway.mcp.station import Place, Station
    from remit.gateway.state import LEDGER
    from remit.ledger.folder import is_folder

    token = _read_key(args)
    state, terms = Path(args.state), None if args.terms is None else Path(args.terms)
    if terms is not None:
        make_state(state, terms, None)
    elif not is_folder(state / LEDGER):
        raise NothingToLookAt(f"No tool server was started: {state} is no state of a gateway; remit serve makes one.")
    station = Station(Place(state, clock, time.monotonic, _note, terms, BOUNDS._replace(inline=args.wait)))
    try:
        return asyncio.run(_run(station, _find_server(station, args.server), token, args.passed))
    finally:
        station.close()


def _read_key(args: argparse.Namespace) -> str:
    if args.key is not None:
        return read_file(Path(args.key)).decode("utf-8", "replace").strip()
    token = os.environ.get(args.use_key_from, "")
    if not token:
        raise UsageError(
            f"No tool server was started: the variable {args.use_key_from}, which holds the key, is not set."
        )
    if args.use_key_from in args.passed:
        raise UsageError("No tool server was started: --pass would give the key of the use case to the server.")
    return token


def _find_server(station: Station, name: str) -> ToolServer:
    servers = {server.id: server for server in station.gate.book.terms.register.tool_servers}
    server = servers.get(name)
    if server is None:
        known = ", ".join(sorted(servers)) or "none"
        raise UsageError(f"No tool server was started: the register names no tool server {name}; it names {known}.")
    if not server.command:
        raise UsageError(f"No tool server was started: {name} is reached by its url, at /mcp/{name} of remit serve.")
    return server


async def _run(station: Station, server: ToolServer, token: str, passed: list[str]) -> int:
    from remit.gateway.credential import CredentialRefused
    from remit.gateway.mcp.lines import Outlet, open_inlet
    from remit.gateway.mcp.server_process import ServerProcess, environment_for
    from remit.gateway.mcp.stdio import StdioProxy

    try:
        # Copies, since a pipe is closed with what reads or writes it here.
        inlet = await open_inlet(os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0))
        outlet = await Outlet.open(os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0))
    except (ValueError, OSError) as error:
        says = "No tool server was started: an agent starts this command, with pipes as its input and output."
        raise UsageError(says) from error
    try:
        station.find_key(token)
    except CredentialRefused as error:
        raise UsageError(f"No tool server was started: {error}.") from error
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    given = [name for name in (server.key_from, *passed) if name]
    process = await ServerProcess.start(server.command, environment_for(os.environ, given))
    try:
        ended = await StdioProxy(station, server, token, process, outlet).run(inlet, stopped)
    finally:
        code = await process.end()
        await outlet.aclose()
    if ended:
        _note(f"the tool server {server.id} ended by itself, with code {code}")
        return Exit.FAILED
    return Exit.WITHIN


def _note(text: str) -> None:
    print(f"remit: {text}", file=sys.stderr, flush=True)

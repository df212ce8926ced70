"""The MCP servers that stand behind the gateway: by an address, or as a program that is started."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.terms.upstream import read_key

if TYPE_CHECKING:
    from remit.terms.fields import Fields

_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class ToolServer:
    """A server that carries tools out."""

    id: str
    url: str = ""
    command: tuple[str, ...] = ()
    """The program with its arguments, where it is not reached by an address."""
    key_from: str = ""
    """The variable of the environment that holds what it asks for as a bearer token."""


def read_tool_server(fields: Fields) -> ToolServer:
    """Read one row: an address or a command, and not both."""
    server = ToolServer(
        fields.ident("id", "a tool server needs a name, which its address at the gateway ends in"),
        fields.text("url"),
        fields.names("command"),
        read_key(fields),
    )
    if bool(server.url) == bool(server.command):
        fields.fault("url", "expected either the url of a server or the command that starts one")
    elif server.url and not _ADDRESS.fullmatch(server.url):
        fields.fault("url", "expected the address of a server, such as https://tools.example/mcp")
    return server

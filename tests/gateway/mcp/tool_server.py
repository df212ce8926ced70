"""A real MCP server over HTTP: PORT FILE; every tool that is carried out leaves a line in the file."""

from __future__ import annotations

import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer

server = MCPServer("quay")
done = Path(sys.argv[2])


def leave(line: str) -> str:
    with done.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    return f"done: {line}"


@server.tool()
def look(berth: int) -> str:
    """Says who lies at a berth."""
    return leave(f"look {berth}")


@server.tool()
def crane(berth: int) -> str:
    """Moves the crane."""
    return leave(f"crane {berth}")


@server.tool()
def gun(berth: int) -> str:
    """Fires."""
    return leave(f"gun {berth}")


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))

"""A tool server that does as the call says: FILE; the word stands in the argument `do`.

It ends a line wherever any reader would, and every tool that it carries out leaves a line in the file.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(record: dict[str, Any]) -> None:
    say(json.dumps({"jsonrpc": "2.0", **record}))


def answer(ident: object, text: str) -> None:
    tell({"id": ident, "result": {"content": [{"type": "text", "text": text}]}})


def act(ident: object, do: str) -> None:
    match do:
        case "hang":
            pass
        case "noise":
            say("Starting up …")
            say("[]")
            tell({"id": "nobody", "result": {}})
            tell({"id": ident, "result": {}, "error": {}})
            tell({"method": "notifications/message", "params": {"level": "info", "data": "x"}})
            sys.stderr.write("said on stderr\n")
            answer(ident, "done")
        case "die":
            os._exit(3)
        case "environment":
            answer(ident, json.dumps(dict(os.environ)))
        case "pid":
            answer(ident, str(os.getpid()))
        case "stay":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            answer(ident, str(os.getpid()))
            for _ in sys.stdin:
                pass
            time.sleep(60)
        case _:
            answer(ident, "done")


def read(ident: object, uri: str) -> None:
    """Answer with whoever is named after the colon, in the very bytes that a test looks for."""
    kind, _, who = uri.partition(":")
    if kind == "die":
        os._exit(3)
    if kind != "hang":
        # Blanks where no other program of ours would write them.
        say(f'{{"jsonrpc":"2.0",  "id":{json.dumps(ident)},"result":{{"contents":[{{"uri":"a:b","text":"{who}"}}]}}}}')


def take(message: dict[str, Any]) -> None:
    params = message.get("params", {})
    if message.get("method") == "tools/call":
        with Path(sys.argv[1]).open("a", encoding="utf-8") as done:
            done.write(params["name"] + "\n")
        act(message["id"], params["arguments"].get("do", ""))
    elif message.get("method") == "notifications/cancelled":
        with Path(f"{sys.argv[1]}.cancelled").open("a", encoding="utf-8") as told:
            told.write(f"{params['requestId']}\n")
        if "late" in str(params["requestId"]):
            answer(params["requestId"], "late")
    elif message.get("method") == "resources/read":
        read(message["id"], params["uri"])
    elif message.get("id") is not None:
        tell({"id": message["id"], "result": {}})


if __name__ == "__main__":
    for line in sys.stdin:
        for part in line.splitlines():
            try:
                take(json.loads(part))
            except ValueError:
                say("a line that is no message")

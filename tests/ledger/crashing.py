"""Writes to a log until it is killed: 32 writers at once, and a publisher beside them in one of the processes.

Called as: crashing.py FOLDER ACKNOWLEDGED [publish]. What was acknowledged is appended there, a line for each entry.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from remit.ledger.folder import read_folder
from remit.ledger.writer import Writer
from tests.ledger.written import decision

WRITERS = 32


async def write(writer: Writer, acknowledged: int, name: str) -> None:
    number = 0
    while True:
        number += 1
        receipt = await writer.commit_async([decision(stream=name, subject=f"{name}-{number}")])
        os.write(acknowledged, b"%d %s %d\n" % (receipt.first, name.encode(), number))


async def main() -> None:
    folder, acknowledged, *publishing = sys.argv[1:]
    log = read_folder(Path(folder))
    writer = Writer(log.open_store, log.keyring, lambda: datetime.now(UTC))
    file = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    tasks = [asyncio.ensure_future(write(writer, file, f"p{os.getpid()}-{n}")) for n in range(WRITERS)]
    await writer.commit_async()
    os.write(sys.stdout.fileno(), b"ready\n")
    while publishing:
        store = log.open_store()
        await asyncio.get_running_loop().run_in_executor(None, log.publisher(store).publish)
        store.close()
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(main())

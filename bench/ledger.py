"""How the ledger writes against appending JSON to a file with an fsync, how it verifies and how it proves.

The bars: at least 0.4 of the plain file at batches of 16, 64 and 256; 5,000 acknowledged entries a second with 128
waiters and 7 commitments; 80,000 entries a second verified; a proof in a log of 1,000,000 entries within 50 ms;
memory that does not grow with the log.

`python -m bench.ledger` takes a tenth of the large log; `--full` takes a million entries.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from bench.ratio import row
from remit.ledger.entry import Draft, make_draft
from remit.ledger.folder import make_folder
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.proof import make_inclusion
from remit.ledger.reader import PublishedLog
from remit.ledger.signer import FileSigner
from remit.ledger.verification import verify_place
from remit.ledger.writer import Writer

if TYPE_CHECKING:
    from remit.ledger.folder import LogFolder

TERMS = "sha256:" + "ab" * 32
SHOWN = {
    "b": {"halden.no-engagement": "clear", "halden.no-mass-surveillance": "clear"},
    "o": "allow",
    "r": ["house-rules/answers", "ministry-authorisation/level-2"],
    "tm": TERMS,
}
HIDDEN = {f"field-{number}": f"what stands in field {number}" for number in range(7)}
PADDING = [f"rule-{number}/{'x' * 30}" for number in range(7)]
"""Brings an entry without commitments to the 600 bytes that were measured before."""
BATCHES = (16, 64, 256)
ENTRIES = 4096
PAIRS = 7
WAITERS = 128
LARGE = 1_000_000
BARS = {"ratio": 0.4, "acknowledged": 5_000, "verified": 80_000, "proof": 0.05}


def plain_draft() -> Draft:
    """Draft a decision without commitments."""
    return make_draft(Kind.DECISION, "uc-07", {**SHOWN, "r": PADDING})


def begin(folder: Path, name: str) -> tuple[LogFolder, Writer]:
    """Make a log and a writer for it."""
    log = make_folder(folder / name, f"bench.example/{name}", FileSigner.from_seed(bytes(32)))
    writer = Writer(log.open_store, log.keyring, lambda: datetime.now(UTC))
    writer.commit([make_draft(Kind.TERMS, LOG_STREAM, {"from": "2020-01-01T00:00:00.000Z", "tm": TERMS})])
    return log, writer


def append_plain(path: Path, batch: int) -> float:
    """Encode, append and synchronise, as the simplest log does."""
    record = json.loads(plain_draft().write(123_456, 1_234, "2026-11-23T09:48:24.123Z"))
    encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
    start = perf_counter()
    with path.open("ab") as file:
        for first in range(0, ENTRIES, batch):
            lines = []
            for n in range(first, first + batch):
                record["n"] = record["sn"] = n
                lines.append(encode(record))
            file.write(("\n".join(lines) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
    return perf_counter() - start


def append_log(writer: Writer, batch: int) -> float:
    """Draft and commit the same, with places, streams, hashes and a time."""
    start = perf_counter()
    for _ in range(0, ENTRIES, batch):
        writer.commit([plain_draft() for _ in range(batch)])
    return perf_counter() - start


def compare_writing(folder: Path) -> None:
    """Print the ratio of speeds for each batch, measured in pairs; the bar is 0.4."""
    for batch in BATCHES:
        _, writer = begin(folder, f"batch-{batch}")
        append_log(writer, batch)
        append_plain(folder / "plain", batch)
        ours, plain = [], []
        for turn in range(PAIRS):
            if turn % 2:
                plain.append(append_plain(folder / "plain", batch))
            ours.append(append_log(writer, batch))
            if not turn % 2:
                plain.append(append_plain(folder / "plain", batch))
        writer.close()
        ratio = median(reference / mine for mine, reference in zip(ours, plain, strict=True))
        name = f"append {ENTRIES} in {batch}s / JSON and fsync"
        print(f"{row(name, [median(ours), median(plain)], ratio)}  bar {BARS['ratio']}")


def acknowledge(folder: Path) -> None:
    """Print how many entries with 7 commitments are acknowledged in a second, with 128 who wait."""
    log, writer = begin(folder, "waiters")
    late: list[float] = []

    async def wait(number: int) -> None:
        for _ in range(number):
            start = perf_counter()
            await writer.commit_async([make_draft(Kind.DECISION, "uc-07", SHOWN, HIDDEN)])
            late.append(perf_counter() - start)

    async def all_of_them() -> float:
        start = perf_counter()
        await asyncio.gather(*(wait(100) for _ in range(WAITERS)))
        return perf_counter() - start

    rate = WAITERS * 100 / asyncio.run(all_of_them())
    writer.close()
    late.sort()
    middle, worst = late[len(late) // 2], late[len(late) * 99 // 100]
    waits = f"p50 {1000 * middle:.1f} ms, p99 {1000 * worst:.1f} ms"
    tell("acknowledged, 128 waiters, 7 commitments", f"{rate:,.0f}/s", f"{BARS['acknowledged']:,}/s; {waits}")
    if log.open_store().head().size != WAITERS * 100 + 1:
        sys.exit("What was acknowledged is not what is there.")


def verify_and_prove(folder: Path, size: int) -> None:
    """Print how fast a whole log is verified, how long a proof takes, and what that needs of memory."""
    log, writer = begin(folder, "large")
    hidden = dict(list(HIDDEN.items())[:3])
    written = 1
    while written < size:
        number = min(256, size - written) // 2 * 2 or 1
        drafts: list[Draft] = []
        for n in range(written, written + number, 2):
            outcome = {"model": "heron-2", "ms": 7, "of": n, "status": 200}
            drafts += [make_draft(Kind.DECISION, "uc-07", SHOWN, hidden), make_draft(Kind.OUTCOME, "uc-07", outcome)]
        written = writer.commit(drafts[:number]).stop
    writer.close()
    before = peak()
    start = perf_counter()
    store = log.open_store()
    log.publisher(store).publish()
    tell(f"published, {size:,} entries", f"{size / (perf_counter() - start):,.0f}/s", f"{peak() - before:.0f} MB more")
    before = peak()
    start, worked = perf_counter(), process_time()
    verify_place(log.site, log.policy)
    rate, busy = size / (perf_counter() - start), size / (process_time() - worked)
    more = f"{peak() - before:.0f} MB more; {busy:,.0f} in a second of its own"
    tell(f"verified, {size:,} entries", f"{rate:,.0f}/s", f"{BARS['verified']:,}/s; {more}")
    times = []
    for n in range(1, size, size // 50):
        start = perf_counter()
        published = PublishedLog(log.site, log.policy)
        make_inclusion(n, size, published.node)
        times.append(perf_counter() - start)
    tell(f"one proof in {size:,}", f"{1000 * median(times):.2f} ms", f"50 ms; worst {1000 * max(times):.2f} ms")


def peak() -> float:
    """Return the most memory this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tell(name: str, found: str, bar: str) -> None:
    """Print one line of the table, with the bar."""
    print(f"{name:<40}{found:>15}  bar {bar}")


if __name__ == "__main__":
    with TemporaryDirectory(prefix="remit-bench-", dir=".") as place:
        compare_writing(Path(place))
        acknowledge(Path(place))
        verify_and_prove(Path(place), LARGE if "--full" in sys.argv else LARGE // 10)

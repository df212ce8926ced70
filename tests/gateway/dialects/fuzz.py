"""A coverage-guided fuzzer over what flows out of the filters: SECONDS FOLDER; it ends with 0 if nothing leaked.

The first two bytes of an input choose the wire it is read as, and where the reply is cut; the rest is the reply.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["remit.gateway"]):
    from tests.gateway.dialects.lenient import names_called
    from tests.gateway.dialects.test_laws import ARGUMENTS, DENIED, SHAPES, flow


def encode(number: int, data: bytes) -> bytes:
    return bytes([number, 0]) + data


def try_one(data: bytes) -> None:
    if len(data) < 3:
        return
    shape, at, reply = SHAPES[data[0] % len(SHAPES)], data[1], data[2:]
    place = len(reply) * at // 256
    if DENIED in names_called(flow(shape, [reply[:place], reply[place:]])):
        raise AssertionError(f"{DENIED} flowed through {shape}")


def main(seconds: str, folder: str) -> None:
    seeds = Path(folder)
    seeds.mkdir(exist_ok=True)
    for number, shape in enumerate(SHAPES[:256]):
        (seeds / f"{number:03d}").write_bytes(encode(number, shape.write(DENIED, ARGUMENTS)))
    words = [f"-max_total_time={seconds}", "-max_len=8192", "-print_final_stats=1", "-rss_limit_mb=2048", folder]
    atheris.Setup([sys.argv[0], *words], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])

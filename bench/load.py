"""Loading terms: 5,000 clauses against PyYAML's own safe loader over the same bytes, and each hostile file's time."""

from __future__ import annotations

from time import perf_counter

import yaml

from bench.ratio import compare
from remit.errors import TermsUnusable
from remit.terms.folder import Files, read_terms
from tests.terms.hostile import HOSTILE

CLAUSES, INSTRUMENTS = 5_000, 10
REGISTER = b"""organisation: quayside
parties: [{id: quayside}, {id: halden}]
makers: [{id: halden, domicile: 'NO'}]
scopes: [{id: harbour, serves: ["**"]}]
"""
_HEAD = """instrument: policy-{number}
kind: policy
by: halden
standing: [{{state: in-force, from: 2026-01-01, known: 2026-01-01}}]
clauses:
"""
_CLAUSE = """  - id: clause-{number}
    forbid: [invoke, act]
    when:
      model.maker: halden
      use.effect: [track-people, profile-people]
      people.window_30d: {{above: {number}}}
    says: "A clause that stands for one of very many."
"""


def many() -> Files:
    """Write a folder of very many clauses."""
    share = CLAUSES // INSTRUMENTS
    texts = {
        f"instruments/policy-{number}.yaml": _HEAD.format(number=number)
        + "".join(_CLAUSE.format(number=number * share + place) for place in range(share))
        for number in range(INSTRUMENTS)
    }
    return Files(REGISTER, {path: text.encode() for path, text in texts.items()}, {})


def main() -> None:
    """Print the ratio, and the slowest of the hostile files."""
    files = many()
    compare(
        f"load {CLAUSES} clauses / yaml.CSafeLoader",
        lambda: read_terms(files),
        lambda: [yaml.load(content, Loader=yaml.CSafeLoader) for content in files.instruments.values()],
        pairs=5,
    )
    times = {name: _refusal(content) for name, (content, _) in HOSTILE.items()}
    slowest = max(times, key=times.__getitem__)
    print(f"{len(times)} hostile files refused; the slowest, {slowest}, in {times[slowest]:.2f} s")


def _refusal(content: bytes) -> float:
    start = perf_counter()
    try:
        read_terms(Files(REGISTER, {"instruments/hostile.yaml": content}, {}))
    except TermsUnusable:
        return perf_counter() - start
    raise AssertionError("a hostile file was taken for terms")


if __name__ == "__main__":
    main()

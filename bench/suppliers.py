"""How long a round of asking takes at 10,000 suppliers with 30,000 edges, against the bare work that cannot be spared.

Resolving is held against a plain walk over the same edges and against verifying as many Ed25519 signatures as there are
answers; reading the answers from their files against parsing the same files with PyYAML and verifying them; writing
200 signed requests against 200 bare signatures and writes.
"""

from __future__ import annotations

import sys
import tempfile
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.ratio import compare
from remit.attest.predicates.model_integration import Role
from remit.attest.signer import PemSigner
from remit.attest.ssh_signature import message_to_sign
from remit.attest.suppliers.desk import Desk
from remit.attest.suppliers.keys import PinnedKey, key_ident
from remit.attest.suppliers.original import Original
from remit.attest.suppliers.receipt import sign_file
from remit.attest.suppliers.register import Round, Supplier
from remit.attest.suppliers.request import write_request
from remit.attest.suppliers.resolver import Known, resolve
from remit.attest.suppliers.statement import Coverage, Issued, Order, Target
from remit.ledger.signer import FileSigner

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED = datetime(2026, 8, 3, tzinfo=UTC)
IN = ASKED + timedelta(days=10)
ORDER = Order("order-12", 3, "sha256:" + "a" * 64)
SUPPLIERS, EDGES, REQUESTS = 10_000, 30_000, 200
KEYS = 50
"""Different keys, each of which signs for many: drawing 10,000 would measure the drawing."""


def make_edges(count: int, edges: int, chance: Random) -> dict[str, list[str]]:
    """Draw who supplies whom; circles come about by themselves."""
    found: dict[str, list[str]] = {f"s{number}": [] for number in range(count)}
    names = list(found)
    while edges:
        above, below = chance.choice(names), chance.choice(names)
        if below not in found[above] and above != below:
            found[above].append(below)
            edges -= 1
    return found


def answer_text(rounds: Round, supplier: Supplier, nonce: str, below: list[str]) -> bytes:
    """Fill a request in, as a supplier would."""
    text = write_request(rounds, supplier, nonce).decode()
    text = text.replace('  status: ""', "  status: not-found").replace('  made: ""', "  made: 2026-08-12")
    text = text.replace('seen: ""', "seen: 12").replace('unread: ""', "unread: 0")
    text = text.replace('{name: "", role: ""}', '{name: "E. Strand", role: "counsel"}')
    if not below:
        return text.replace('    none: ""', '    none: "We do all of it ourselves."').encode()
    return text.replace('    none: ""', "".join(f"    - id: {name}\n" for name in below)).encode()


def walk(edges: dict[str, list[str]]) -> int:
    """Walk over every edge once, and do nothing else."""
    seen, waiting = set(edges), deque(edges)
    steps = 0
    while waiting:
        for below in edges[waiting.popleft()]:
            steps += 1
            if below not in seen:
                seen.add(below)
                waiting.append(below)
    return steps


def main() -> None:
    """Make the round once, and print each comparison."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SUPPLIERS
    chance = Random(7)  # noqa: S311  # the same round at every run
    edges = make_edges(count, EDGES * count // SUPPLIERS, chance)
    keys = [FileSigner.generate() for _ in range(KEYS)]
    signers = [PemSigner(key, f"k{number}") for number, key in enumerate(keys)]
    suppliers = tuple(
        Supplier(
            name,
            name.upper(),
            Role.DEVELOPER,
            Coverage(frozenset({f"contract-{number % 10}"})),
            (PinnedKey(key_ident(signers[number % KEYS].key.blob)),),
        )
        for number, name in enumerate(edges)
    )
    rounds = Round(
        "r", "quayside", "Quayside", "x", ORDER, Target("halden"), ASKED, IN + timedelta(days=30), timedelta(days=90),
        surfaces=("repositories", "hosted-services"), suppliers=suppliers,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        _compare(rounds, edges, signers, Path(place))


def _compare(rounds: Round, edges: dict[str, list[str]], signers: list[PemSigner], place: Path) -> None:
    contents, messages = {}, []
    issued = tuple(Issued(f"{name:x>16}", name, "r", ORDER, ASKED) for name in edges)
    desk = Desk(place / "desk")
    for number, (supplier, request) in enumerate(zip(rounds.suppliers, issued, strict=True)):
        content = answer_text(rounds, supplier, request.nonce, edges[supplier.id])
        signer = signers[number % KEYS]
        contents[supplier.id] = content
        messages.append((number % KEYS, message_to_sign(content)))
        desk.send(request)
        desk.take(Original(f"{supplier.id}.yaml", content, sign_file(content, signer)), IN, "quayside")
    private = [Ed25519PrivateKey.generate() for _ in range(KEYS)]
    public = [key.public_key() for key in private]
    signatures = [(public[key], private[key].sign(message), message) for key, message in messages]

    def verify() -> None:
        for key, signature, message in signatures:
            key.verify(signature, message)

    def parse() -> None:
        for content in contents.values():
            for _ in yaml.parse(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                pass
        verify()

    at = IN + timedelta(days=5)
    known = Known(issued, tuple(Desk(place / "desk").answers(rounds)))
    found = resolve(rounds, known, at)
    count = sum(map(len, found.edges.values()))
    print(f"{len(found.nodes)} suppliers, {count} edges with ours, worst {found.whole.worst}, {found.depth} deep")
    print(f"{'':<40}{'ours':>15}{'reference':>15}{'ratio':>10}")
    compare("resolve / plain walk", lambda: resolve(rounds, known, at), lambda: walk(edges), pairs=3)
    compare("resolve / bare verification", lambda: resolve(rounds, known, at), verify, pairs=3)
    compare("read and resolve / parse and verify", _whole(rounds, place, at), parse, pairs=3)
    compare("200 requests / 200 signed files", *_requests(rounds, signers[0], place), pairs=5)


def _whole(rounds: Round, place: Path, at: datetime) -> Callable[[], object]:
    def run() -> object:
        desk = Desk(place / "desk")
        return resolve(rounds, Known(tuple(desk.sent().values()), tuple(desk.answers(rounds))), at)

    return run


def _requests(rounds: Round, signer: PemSigner, place: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    from remit.cli.output import write_beside  # noqa: PLC0415  # brings the scan with it, which is not measured

    chosen = [replace(each) for each in rounds.suppliers[:REQUESTS]]
    texts = [write_request(rounds, each, "0" * 32) for each in chosen]

    def ours() -> None:
        for turn, each in enumerate(chosen):
            content = write_request(rounds, each, "0" * 32)
            write_beside(place / "out" / f"{turn}.yaml", content.decode())
            write_beside(place / "out" / f"{turn}.yaml.sig", sign_file(content, signer).decode())

    def theirs() -> None:
        for turn, content in enumerate(texts):
            (place / f"{turn}.yaml").write_bytes(content)
            (place / f"{turn}.yaml.sig").write_bytes(signer.sign(content).signature)

    return ours, theirs


if __name__ == "__main__":
    main()

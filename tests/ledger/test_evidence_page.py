"""The page on the format: its vectors are what the program makes, and its refusals are those the program knows."""

import ast
import re
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from remit.ledger.bundle import parse_bundle, write_bundle
from remit.ledger.checkpoint import sign_checkpoint
from remit.ledger.cosignature import cosign
from remit.ledger.note import COSIGNATURE, ED25519, SignedNote, VerifierKey, parse_key
from remit.ledger.policy import parse_policy
from remit.ledger.proof import make_consistency, make_inclusion, make_range, verify_consistency, verify_range
from remit.ledger.signer import FileSigner
from remit.ledger.tile import parse_tile
from remit.ledger.timestamp import write_query
from remit.ledger.tlog_proof import verify_proof
from remit.ledger.tree import leaf_hash, node_hash, root_of
from remit.ledger.witness import write_request
from tests.house.console import ROOT

PAGE = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
VECTORS = {
    name: [bytes.fromhex(part if len(part) % 2 == 0 else f"0{part}") for part in parts.split()]
    for name, parts in re.findall(r"^([^=\n|]+) = ([0-9a-f ]+)$", PAGE, re.MULTILINE)
}
ENTRIES = [b"one", b"two", b"three"]


def vector(name: str) -> bytes:
    (value,) = VECTORS[name]
    return value


def node(level: int, index: int) -> bytes:
    return root_of(map(leaf_hash, ENTRIES[index << level : (index + 1) << level]))


LOG, WITNESS = FileSigner.from_seed(vector("log seed")), FileSigner.from_seed(vector("witness seed"))
LOG_KEY = parse_key(vector("log verifier key").decode())
WITNESS_KEY = parse_key(vector("witness verifier key").decode())
TIME = int.from_bytes(vector("time of the cosignature"), "big")
CHECKPOINT = sign_checkpoint(LOG_KEY.name, 3, vector("root of size 3"), LOG)
COSIGNATURE_LINE = cosign(CHECKPOINT.text, WITNESS_KEY.name, WITNESS, TIME)


def test_the_keys_are_those_of_the_seeds() -> None:
    for signer, key, kind, who in ((LOG, LOG_KEY, ED25519, "log"), (WITNESS, WITNESS_KEY, COSIGNATURE, "witness")):
        assert key == VerifierKey(key.name, kind, signer.public_key)
        assert vector(f"{who} public key") == key.key
        assert (
            vector(f"{who} key ID")
            == key.ident
            == sha256(f"{key.name}\n".encode() + bytes([kind]) + key.key).digest()[:4]
        )


def test_the_tree_is_that_of_the_entries() -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    assert [vector(f"entry {index}") for index in range(3)] == ENTRIES
    assert [vector(f"leaf {index}") for index in range(3)] == leaves
    assert vector("node of leaves 0 and 1") == node_hash(*leaves[:2])
    assert [vector(f"root of size {size}") for size in range(4)] == [root_of(leaves[:size]) for size in range(4)]


def test_the_files_are_those_of_the_tree() -> None:
    assert parse_tile(vector("tile/0/000.p/3"), 3) == [leaf_hash(entry) for entry in ENTRIES]
    assert vector("tile/entries/000.p/3") == write_bundle(ENTRIES)
    assert parse_bundle(vector("tile/entries/000.p/3"), 3) == ENTRIES
    assert vector("checkpoint") == CHECKPOINT.content()


def test_the_witness_is_asked_and_answers_so() -> None:
    assert vector("request to the witness") == write_request(0, [], CHECKPOINT.content())
    message = vector("message of the cosignature")
    assert message == f"cosignature/v1\ntime {TIME}\n".encode() + CHECKPOINT.text
    key = Ed25519PrivateKey.from_private_bytes(vector("witness seed"))
    assert COSIGNATURE_LINE.signature == TIME.to_bytes(8, "big") + key.sign(message)
    assert vector("answer of the witness") == COSIGNATURE_LINE.line.encode()
    cosigned = SignedNote(CHECKPOINT.text, (*CHECKPOINT.signatures, COSIGNATURE_LINE))
    assert vector("cosigned checkpoint") == cosigned.content()


def test_the_proofs_are_made_and_verify() -> None:
    leaves, root = [leaf_hash(entry) for entry in ENTRIES], vector("root of size 3")
    made = {
        "inclusion of 1 in 3": make_inclusion(1, 3, node),
        "inclusion of 2 in 3": make_inclusion(2, 3, node),
        "consistency of 1 and 3": make_consistency(1, 3, node),
        "consistency of 2 and 3": make_consistency(2, 3, node),
        "range of 1 to 1 in 3": make_range(1, 1, 3, node),
        "range of 1 to 2 in 3": make_range(1, 2, 3, node),
    }
    assert {name: VECTORS[name] for name in made} == made
    verify_consistency(2, 3, vector("root of size 2"), root, VECTORS["consistency of 2 and 3"])
    verify_range(1, leaves[1:3], 3, VECTORS["range of 1 to 2 in 3"], root)
    policy = parse_policy(f"log {LOG_KEY.text}\nwitness w {WITNESS_KEY.text}\nquorum w\n".encode())
    _, verified = verify_proof(vector("entry 1.tlog-proof"), leaves[1], policy)
    assert verified.cosigned_by["w"].time == TIME


def test_the_time_stamp_is_asked_for_so() -> None:
    assert vector("query with nonce 1 over the checkpoint") == write_query(CHECKPOINT.content(), 1)


def test_no_vector_stands_there_unchecked() -> None:
    source = (ROOT / "tests/ledger/test_evidence_page.py").read_text(encoding="utf-8")
    unchecked = [
        name for name in VECTORS if re.sub(r"\d$|^log |^witness ", "", name) not in source and name not in source
    ]
    assert unchecked == []


@pytest.mark.parametrize(
    "name",
    [
        "tree",
        "tile",
        "bundle",
        "proof",
        "note",
        "checkpoint",
        "cosignature",
        "policy",
        "tlog_proof",
        "witness",
        "timestamp",
    ],
)
def test_every_step_that_refuses_stands_on_the_page(name: str) -> None:
    tree = ast.parse((ROOT / f"src/remit/ledger/{name}.py").read_text(encoding="utf-8"))
    steps = {
        text.value
        for text in ast.walk(tree)
        if isinstance(text, ast.Constant)
        and isinstance(text.value, str)
        and re.fullmatch(
            r"(hash|inclusion|consistency|range|tile|bundle|note|key|checkpoint|cosignature|policy|proof|witness|timestamp)-[a-z-]+",
            text.value,
        )
    }
    assert {step for step in steps if f"`{step}`" not in PAGE} == set()

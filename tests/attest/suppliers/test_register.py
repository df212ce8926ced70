"""The register of suppliers: what it says, every fault at once with its place, and the same from a table."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from remit.attest.suppliers.keys import read_key
from remit.attest.suppliers.register import Round, read_round
from remit.errors import TermsUnusable
from tests.attest.suppliers.handed_in import REGISTER

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHnF1dR0m1pxk1kEBjm7KAbUlT3jMZ7PhpwVwjlUNh3d"
MINISIGN = "minisign RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
ONE = "  - {id: s2, role: developer, contracts: [harbour-watch]}\n"


def read(suppliers: str, *, head: str = REGISTER, table: str | None = None) -> Round:
    beside = None if table is None else ("more.csv", table.encode())
    return read_round("suppliers.yaml", f"{head}{suppliers}".encode(), beside)


def faults(suppliers: str, *, head: str = REGISTER, table: str | None = None) -> str:
    with pytest.raises(TermsUnusable) as caught:
        read(suppliers, head=head, table=table)
    return str(caught.value)


def test_a_register_says_who_must_answer_and_for_what() -> None:
    rounds = read(
        f"""\
suppliers:
  - id: s2
    name: Northlight
    role: service-provider
    contracts: [harbour-watch, citizen-desk]
    systems: [nav]
    keys: ['a@s2.example namespaces="remit-*" {KEY}', '{MINISIGN}']
    delivers: [{{name: nav.tar, digest: "sha256:{"1" * 64}"}}]
    suppliers: [s7]
    may_vouch: true
    due: 2026-08-20T17:00:00+02:00
  - {{id: s3, role: operator, contracts: harbour-watch, suppliers: {{none: They own the racks.}}, exempt: no software}}
"""
    )
    first, second = rounds.suppliers
    assert first.covers.contracts == {"harbour-watch", "citizen-desk"}
    assert [subject.name for subject in first.covers.subjects] == ["nav.tar"]
    assert [key.ident for key in first.keys] == [read_key(KEY).ident, read_key(MINISIGN).ident]
    assert (first.supplies_from, first.may_vouch, first.due) == (("s7",), True, datetime(2026, 8, 20, 15, tzinfo=UTC))
    assert (second.none_reason, second.is_required) == ("They own the racks.", False)
    assert rounds.valid_for.days == 90


def test_every_fault_comes_at_once_with_its_line_and_column() -> None:
    head = REGISTER.replace("version: 3", "version: none").replace("due: 2026-08-31", "due: 2026-08-01")
    entries = """\
suppliers:
  - {id: ../../etc, role: developr, contracts: [a]}
  - {id: s3, role: developer, keys: [ssh-ed25519 AAAA]}
  - {id: s4, role: developer, contracts: [a], delivers: [{name: x, digest: md5}]}
  - {id: S4, role: developer, contracts: [a], colour: blue}
"""
    with pytest.raises(TermsUnusable) as caught:
        read(entries, head=head)
    assert [(fault.line, fault.column, fault.key) for fault in caught.value.faults] == snapshot(
        [
            (5, 32, "order.version"),
            (8, 6, "due"),
            (11, 10, "suppliers[0].id"),
            (11, 27, "suppliers[0].role"),
            (12, 5, "suppliers[1].contracts"),
            (12, 38, "suppliers[1].keys"),
            (13, 76, "suppliers[2].delivers[0].digest"),
            (14, 10, "suppliers[3].id"),
            (14, 47, "suppliers[3].colour"),
        ]
    )
    assert "unknown value; did you mean developer?" in str(caught.value)


@pytest.mark.parametrize(
    ("suppliers", "says"),
    [
        ("", "missing: who must answer; or {none: reason}"),
        ("suppliers: []\n", "an empty list: write {none: reason}"),
        ("suppliers: {none: ''}\n", "empty"),
        ("suppliers: {nobody: x}\n", "missing: the reason why nobody must answer"),
    ],
)
def test_that_nobody_must_answer_is_said_with_a_reason(suppliers: str, says: str) -> None:
    assert says in faults(suppliers)


def test_the_one_who_asks_is_no_supplier_of_its_own() -> None:
    assert "nobody owes itself an answer" in faults("suppliers: [{id: quayside, role: developer, contracts: [a]}]\n")


def test_a_register_says_which_keys_no_longer_count_and_since_when() -> None:
    head = f"{REGISTER}revoked:\n  - {{key: {KEY}, from: 2026-08-20, known: 2026-08-22, why: a laptop was stolen}}\n"
    (revocation,) = read(f"suppliers:\n{ONE}", head=head).revoked
    assert (revocation.ident, revocation.why) == (read_key(KEY).ident, "a laptop was stolen")
    assert (revocation.known - revocation.from_).days == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("revoked: [{key: x, from: 2026-08-20}]", "no public key"),
        (f"revoked: [{{key: {KEY}}}]", "missing: the instant from which it no longer counts"),
        ("grade: E9", "expected one of E0"),
        ("accepts: [ssh-dss]", "unknown key type"),
        ("valid_for: soon", "not a length of time"),
        ("surface: [x]", "unknown key; did you mean surfaces?"),
    ],
)
def test_a_head_that_says_something_else_is_refused(line: str, says: str) -> None:
    assert says in faults(f"suppliers:\n{ONE}", head=f"{REGISTER}{line}\n")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("{maker: halden, lineage: all}", "expected including-derived or named-only"),
        ("{maker: halden, relations: [runtime]}", "unknown relation"),
        ("{}", "missing: the maker of the models"),
        ("[halden]", "expected keys with values"),
    ],
)
def test_a_target_that_says_something_else_is_refused(target: str, says: str) -> None:
    head = REGISTER.replace("{maker: halden}", target)
    assert says in faults(f"suppliers:\n{ONE}", head=head)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("suppliers: [../x]", "not a supplier's name"),
        ("suppliers: {none: ''}", "empty"),
        ("suppliers: {nil: x}", "missing: the reason why it has none"),
        ("delivers: [{digest: x}]", "missing: what was delivered"),
        ("may_vouch: perhaps", "expected true or false"),
    ],
)
def test_a_supplier_that_says_something_else_is_refused(more: str, says: str) -> None:
    assert says in faults(f"suppliers:\n  - {{id: s2, role: developer, contracts: [a], {more}}}\n")


def test_a_reason_and_a_table_cannot_both_be_so() -> None:
    said = faults("suppliers: {none: We buy nothing.}\n", table="id,role,contracts\ns2,developer,a\n")
    assert "the table beside this file names suppliers" in said


def test_a_reason_is_enough() -> None:
    rounds = read("suppliers: {none: We buy nothing for this contract.}\n")
    assert (rounds.suppliers, rounds.none_reason) == ((), "We buy nothing for this contract.")


@pytest.mark.parametrize(
    "name", ["..", "a..b", "a/b", "a\\b", ".hidden", "-x", "con", "COM1", "nul.txt", "a.", "a b", "é", "x" * 65]
)
def test_a_name_that_would_lead_a_file_astray_is_refused(name: str) -> None:
    assert "[0].id" in faults(f"suppliers:\n  - {{id: {name!r}, role: developer, contracts: [a]}}\n")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"* cert-authority {KEY}", "the option cert-authority is not understood"),
        (f'* namespaces="git" {KEY}', "not for the namespace remit-attestation@v1"),
        (f'* valid-after="20260801" {KEY}', "is no time such as 20260306Z"),
        (f'* valid-before="20261399Z" {KEY}', "none that the calendar has"),
        ("ssh-dss AAAA", "no public key of a type that is verified here"),
        ("minisign AAAA", "not a minisign key"),
        ("minisign !!!!", "the base64 text is broken"),
        ("", "no public key"),
    ],
)
def test_a_key_that_could_not_be_relied_on_is_refused(line: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_key(line)


def test_a_key_counts_within_its_time() -> None:
    key = read_key(
        f'a,b namespaces="git,remit-attestation@v1",valid-after="20260801Z",valid-before="202608201200Z" {KEY}'
    )
    assert not key.counts_at(datetime(2026, 7, 31, tzinfo=UTC))
    assert key.counts_at(datetime(2026, 8, 1, tzinfo=UTC))
    assert not key.counts_at(datetime(2026, 8, 20, 12, tzinfo=UTC))


ROPE = '"Spindle, Cable and ""Rope"""'
TABLE = f"""\
id,name,role,contracts,due,keys,none
s5,{ROPE},developer,harbour-watch | citizen-desk,2026-08-20,{KEY},No work is passed on.
s6,,operator,harbour-watch,,,
"""


def test_a_table_says_the_same_as_entries_of_the_register() -> None:
    from_table = read("", table=TABLE).suppliers
    from_register = read(
        f"""\
suppliers:
  - {{id: s5, name: 'Spindle, Cable and "Rope"', role: developer, contracts: [harbour-watch, citizen-desk],
     due: 2026-08-20, keys: [{KEY}], suppliers: {{none: No work is passed on.}}}}
  - {{id: s6, role: operator, contracts: [harbour-watch]}}
"""
    ).suppliers
    assert from_table == from_register


@pytest.mark.parametrize("part", [";", "\t"])
def test_a_table_may_be_parted_otherwise(part: str) -> None:
    assert read("", table=TABLE.replace(",", part).replace("Spindle" + part, "Spindle,")).suppliers[1].id == "s6"


def test_the_faults_of_register_and_table_come_together() -> None:
    said = faults(
        "suppliers:\n" + ONE + "  - {id: s3, role: x, contracts: [a]}\n",
        table="id,role,contracts,colour\ns2,developer,a,red\ns9,developr,a\n",
    )
    for place in ("suppliers.yaml:12:20", "more.csv:1:19", "more.csv:2:1", "more.csv:3:4"):
        assert place in said


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "no head"),
        ("name,role\nx,y\n", "no head"),
        ("id,id\n", "this column stands twice"),
        ("id,role\ns2,developer,x\n", "more cells than the head has columns"),
    ],
)
def test_a_table_that_is_none_is_refused(table: str, says: str) -> None:
    assert says in faults("suppliers:\n" + ONE, table=table)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"round: \x00", b"PK\x03\x04", b"[" * 100, b"a: &x b", b"x" * 9_000_000]
)
def test_what_is_no_register_is_refused_with_its_place(content: bytes) -> None:
    with pytest.raises(TermsUnusable, match=r"suppliers\.yaml"):
        read_round("suppliers.yaml", content)
    with pytest.raises(TermsUnusable, match=r"more\.csv"):
        read_round("suppliers.yaml", REGISTER.encode(), ("more.csv", content))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_bring_anything_but_faults(content: bytes) -> None:
    for table in (None, ("more.csv", content)):
        with pytest.raises(TermsUnusable):
            read_round("suppliers.yaml", content if table is None else REGISTER.encode(), table)

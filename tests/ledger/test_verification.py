"""Verifying what was carried away: every change of it is refused, with the step that refused."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused, NothingToLookAt, UsageError
from remit.ledger.checkpoint import sign_checkpoint, write_checkpoint
from remit.ledger.cosignature import cosign
from remit.ledger.entry import make_draft, read_entry
from remit.ledger.grade import Grade, grade_of, not_shown
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.note import SignedNote, parse_note
from remit.ledger.parcel import (
    ABOUT,
    OPEN,
    RANGE,
    SAMPLE,
    SCRIPT,
    Sample,
    write_frame,
    write_opened,
    write_range,
    write_sample,
    write_whole,
)
from remit.ledger.reader import PublishedLog
from remit.ledger.recount import tally_of
from remit.ledger.sampling import choose_entries
from remit.ledger.sidecar import open_contents
from remit.ledger.site import CHECKPOINT, COSIGNED
from remit.ledger.verification import recount, verify_growth, verify_place
from tests.fakes import MemorySite
from tests.ledger.small_log import (
    LOG_SIGNER,
    ORIGIN,
    UNWITNESSED,
    WITNESS,
    WITNESS_SIGNER,
    WITNESSED,
    flip,
    refused,
)
from tests.ledger.written import WrittenLog, decision, terms

NONCE = bytes(range(16))


def make_log(number: int = 300) -> WrittenLog:
    log = WrittenLog()
    log.fill(number)
    entries = [read_entry(raw) for raw in log.store.entries(0, number + 1)]
    for first, stop in ((0, number + 1), (number // 3, number // 3 * 2)):
        counts = tally_of(entries[first:stop], first).counts(first, stop)
        log.write(make_draft(Kind.SUMMARY, LOG_STREAM, {"counts": counts, "i": first, "j": stop}))
    return log


@pytest.fixture(scope="module")
def log() -> WrittenLog:
    made = make_log()
    made.publisher.publish()
    return made


def opened_by(log: WrittenLog, n: int) -> list[bytes]:
    entry = read_entry(log.disk.entries[n])
    sealed = log.disk.contents.get(n)
    return [] if sealed is None else list(open_contents(entry, sealed, log.keyring.current()))


def parcel(log: WrittenLog, *, kind: str = "whole", sample: int = 0) -> MemorySite:
    published, place = PublishedLog(log.site, UNWITNESSED), MemorySite()
    write_frame(place, published, b"quorum none\n")
    if kind == "whole":
        write_whole(place, published, log.site)
    elif kind == "range":
        write_range(place, published, 90, 303)
    chosen = [1, 301]
    if sample:
        checkpoint = published.checkpoint
        text = write_checkpoint(ORIGIN, checkpoint.size, checkpoint.root)
        chosen = choose_entries(text, NONCE, sample, published.size)
        write_sample(place, Sample(NONCE, sample))
    for n in chosen:
        write_opened(place, published, n, opened_by(log, n))
    return place


def test_a_whole_log_is_verified_with_what_was_opened_of_it(log: WrittenLog) -> None:
    result = verify_place(parcel(log), UNWITNESSED)
    assert (result.whole, result.sampled) == (True, False)
    assert result.findings is not None
    assert (result.findings.stop, result.findings.summaries) == (303, 2)
    first, second = result.opened
    assert (first.entry.n, first.fields, first.closed) == (1, {"purpose": "translate", "subject": "c-1"}, 0)
    assert (second.entry.kind, second.fields) == ("summary", {})


def test_a_range_is_verified_without_the_rest(log: WrittenLog) -> None:
    result = verify_place(parcel(log, kind="range"), UNWITNESSED)
    assert result.findings is not None
    assert (result.whole, result.findings.first, result.findings.stop) == (False, 90, 303)
    assert (result.findings.summaries, result.findings.summaries_outside) == (1, 1)


def test_single_entries_are_verified_without_any_row(log: WrittenLog) -> None:
    result = verify_place(parcel(log, kind="none", sample=9), UNWITNESSED)
    assert (result.findings, result.sampled, len(result.opened)) == (None, True, 9)


def test_a_parcel_says_how_to_check_it(log: WrittenLog) -> None:
    place = parcel(log)
    assert b"sh verify.sh" in place.files[ABOUT]
    assert place.files[SCRIPT].startswith(b"#!/bin/sh")
    assert b"compliant" not in place.files[ABOUT]


def test_a_sample_that_leaves_one_out_is_refused(log: WrittenLog) -> None:
    place = parcel(log, kind="none", sample=9)
    name = next(path for path in place.files if path.endswith(".entry"))
    del place.files[name]
    with refused("sample"):
        verify_place(place, UNWITNESSED)


Change = Callable[[MemorySite], object]


def drop(path: str) -> Change:
    return lambda place: place.files.pop(path)


def put(path: str, content: bytes) -> Change:
    return lambda place: place.files.update({path: content})


def edit(path: str, change: Callable[[bytes], bytes]) -> Change:
    return lambda place: place.files.update({path: change(place.files[path])})


def swap_two(content: bytes) -> bytes:
    size = int.from_bytes(content[:2], "big") + 2
    second = int.from_bytes(content[size : size + 2], "big") + 2
    return content[size : size + second] + content[:size] + content[size + second :]


def shrink_range(content: bytes) -> bytes:
    record = json.loads(content)
    return json.dumps(record | {"first": record["first"] + 1}).encode()


@pytest.mark.parametrize(
    ("kind", "change", "step"),
    [
        ("whole", edit("tile/0/000", lambda c: flip(c, 77)), "tile-content"),
        ("whole", edit("tile/1/000.p/1", lambda c: flip(c, 7)), "tile-content"),
        ("whole", edit("tile/0/001.p/47", lambda c: flip(c, 7)), "tile-content"),
        ("whole", edit("tile/entries/000", swap_two), "tile-content"),
        ("whole", edit("tile/entries/000", lambda c: c[:-1]), "bundle-length"),
        ("whole", edit("tile/entries/001.p/47", lambda c: c + b"\0"), "bundle-rest"),
        ("whole", drop("tile/entries/001.p/47"), "bundle-absent"),
        ("whole", drop("tile/0/000"), "tile-absent"),
        ("whole", drop("tile/0/001.p/47"), "tile-absent"),
        ("whole", put(CHECKPOINT, sign_checkpoint(ORIGIN, 303, bytes(32), LOG_SIGNER).content()), "log-root"),
        ("range", edit("entries", swap_two), "range-root"),
        ("range", edit("entries", lambda c: flip(c, 8 * 40)), "range-root"),
        ("range", edit("entries", lambda c: c[:-1]), "range-format"),
        ("range", edit("entries", lambda c: c + b"\0\0"), "range-format"),
        ("range", edit("entries", lambda _: b""), "range-format"),
        ("range", edit(RANGE, shrink_range), "range-format"),
        ("range", put(RANGE, b"{}"), "range-format"),
        ("range", put(RANGE, b"[1.5]"), "range-format"),
        ("range", put(RANGE, b'{"first":1,"first":2}'), "range-format"),
        ("range", put(RANGE, b"\xff"), "range-format"),
        ("range", put(RANGE, b'{"first":90,"proof":["x"],"stop":303}'), "range-format"),
        ("none", edit(f"{OPEN}/1.entry", lambda c: flip(c, 90)), "inclusion-root"),
        ("none", drop(f"{OPEN}/1.tlog-proof"), "opened-format"),
        ("none", edit(f"{OPEN}/1.disclosures", lambda c: flip(c, 90)), "disclosure-digest"),
        ("none", put(f"{OPEN}/301.disclosures", b"WyJhIl0\n"), "disclosure-digest"),
        ("none", edit(f"{OPEN}/1.disclosures", lambda c: c + c), "disclosure-name"),
        ("none", put(SAMPLE, b"{}"), "sample-format"),
        ("none", put(SAMPLE, b'{"nonce":"zz","number":3}'), "sample-format"),
        ("none", put(SAMPLE, b"nothing"), "sample-format"),
        ("none", put(SAMPLE, json.dumps({"nonce": NONCE.hex(), "number": 3}).encode()), "sample"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_whatever_is_changed_in_a_parcel_is_refused_with_the_step(
    log: WrittenLog, kind: str, change: Change, step: str
) -> None:
    place = parcel(log, kind=kind)
    verify_place(place, UNWITNESSED)
    change(place)
    with pytest.raises(EvidenceRefused) as caught:
        verify_place(place, UNWITNESSED)
    assert caught.value.step == step, str(caught.value)


@given(st.data())
def test_no_bit_of_entries_proofs_or_hashes_can_be_flipped(log: WrittenLog, data: st.DataObject) -> None:
    place = parcel(log, kind=data.draw(st.sampled_from(["whole", "range"])))
    kept = {ABOUT, SCRIPT, "policy"}
    path = data.draw(st.sampled_from(sorted(place.files.keys() - kept)))
    content = place.files[path]
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    place.files[path] = flip(content, bit)
    try:
        verify_place(place, UNWITNESSED)
    except (EvidenceRefused, NothingToLookAt):
        return
    # What may change is what says nothing: blanks within JSON, and between disclosures.
    assert place.files[path].split() == content.split() or json.loads(place.files[path]) == json.loads(content)


def test_a_proof_under_another_checkpoint_than_the_one_here_is_refused(log: WrittenLog) -> None:
    place, other = parcel(log, kind="none"), make_log(7)
    other.publisher.publish()
    there = parcel_of_one(other)
    place.files |= there
    del place.files[f"{OPEN}/1.disclosures"]
    with refused("opened-checkpoint"):
        verify_place(place, UNWITNESSED)


def parcel_of_one(log: WrittenLog) -> dict[str, bytes]:
    place = MemorySite()
    write_opened(place, PublishedLog(log.site, UNWITNESSED), 1)
    return place.files


def test_an_entry_that_says_it_stands_elsewhere_is_refused() -> None:
    log = WrittenLog()
    log.write(terms())
    log.disk.entries[0] = terms().write(5, 0, "2026-03-02T08:00:00.000Z")
    whole = WrittenLog()
    whole.disk.entries = log.disk.entries
    from remit.ledger.store import Head
    from remit.ledger.tree import leaf_hash

    whole.disk.head = Head(1, (leaf_hash(log.disk.entries[0]),), "2026-03-02T08:00:00.000Z")
    whole.publisher.publish()
    place = MemorySite()
    published = PublishedLog(whole.site, UNWITNESSED)
    write_frame(place, published, b"")
    write_opened(place, published, 0)
    with refused("place"):
        verify_place(place, UNWITNESSED)


def test_a_log_that_has_grown_proves_it_and_another_cannot(log: WrittenLog) -> None:
    grown = make_log()
    grown.publisher.publish()
    old = grown.site.files[CHECKPOINT]
    empty = sign_checkpoint(ORIGIN, 0, WrittenLog().store.head().root(), LOG_SIGNER).content()
    grown.write(decision(), decision())
    grown.publisher.publish()
    assert verify_growth(grown.site, old, UNWITNESSED) == 303
    assert verify_growth(grown.site, empty, UNWITNESSED) == 0
    with refused("consistency-old-root"):
        verify_growth(grown.site, sign_checkpoint(ORIGIN, 303, bytes(32), LOG_SIGNER).content(), UNWITNESSED)
    with refused("consistency-size"):
        verify_growth(log.site, grown.site.files[CHECKPOINT], UNWITNESSED)


def test_a_summary_is_counted_again_wherever_its_range_is(log: WrittenLog) -> None:
    for kind, n in (("whole", 301), ("whole", 302), ("range", 302)):
        result = recount(parcel(log, kind=kind), UNWITNESSED, n)
        assert result.counts == result.summary.fields["counts"]
    # The summary may come alone, beside the range it is about.
    published, place = PublishedLog(log.site, UNWITNESSED), MemorySite()
    write_frame(place, published, b"")
    write_range(place, published, 100, 200)
    write_opened(place, published, 1)
    write_opened(place, published, 302)
    assert recount(place, UNWITNESSED, 302).summary.n == 302


@pytest.mark.parametrize(
    ("kind", "n", "says"),
    [
        ("none", 301, "no entries in a row"),
        ("whole", 5, "there is no summary at 5"),
        ("range", 999, "there is no summary at 999"),
        ("range", 301, "not all of it is here"),
    ],
)
def test_what_cannot_be_counted_is_said(log: WrittenLog, kind: str, n: int, says: str) -> None:
    with pytest.raises((UsageError, NothingToLookAt), match=says):
        recount(parcel(log, kind=kind), UNWITNESSED, n)


def test_a_summary_that_lies_is_refused() -> None:
    log = WrittenLog()
    log.write(terms())
    log.write(make_draft(Kind.SUMMARY, LOG_STREAM, {"counts": {"log": {"terms": 2}}, "i": 0, "j": 1}))
    log.publisher.publish()
    for check in (lambda: recount(log.site, UNWITNESSED, 1), lambda: verify_place(log.site, UNWITNESSED)):
        with refused("summary-count"):
            check()


def cosigned(log: WrittenLog, at: int = 1_793_000_000) -> SignedNote:
    note = parse_note(log.site.files[CHECKPOINT])
    return SignedNote(note.text, (*note.signatures, cosign(note.text, WITNESS, WITNESS_SIGNER, at)))


def test_an_older_checkpoint_is_taken_only_where_the_newest_lacks_witnesses() -> None:
    log = make_log(9)
    log.publisher.publish()
    with refused("policy-quorum"):
        PublishedLog(log.site, WITNESSED)
    log.site.files[f"{COSIGNED}/12"] = cosigned(log).content()
    log.site.files[f"{COSIGNED}/11"] = b"damaged"
    log.site.files[f"{COSIGNED}/notes"] = b""
    log.write(decision())
    log.publisher.publish()
    assert PublishedLog(log.site, WITNESSED).size == 12
    assert PublishedLog(log.site, UNWITNESSED).size == 13
    assert verify_place(log.site, WITNESSED).findings is not None
    log.site.files[CHECKPOINT] = sign_checkpoint("other.example", 12, bytes(32), LOG_SIGNER).content()
    with refused("checkpoint-origin"):
        PublishedLog(log.site, WITNESSED)


def test_what_is_not_there_is_not_read(log: WrittenLog) -> None:
    published = PublishedLog(log.site, UNWITNESSED)
    with pytest.raises(UsageError, match="has 303 entries, and none at 303"):
        published.entry(303)
    with pytest.raises(UsageError, match="300 to 304 are not there"):
        list(published.entries(300, 304))
    with pytest.raises(NothingToLookAt, match="no checkpoint is published"):
        PublishedLog(MemorySite(), UNWITNESSED)


def test_a_full_bundle_stands_for_a_partial_one_that_has_gone() -> None:
    log = make_log(9)
    log.publisher.publish()
    old = log.site.files[CHECKPOINT]
    log.write(*(decision() for _ in range(400)))
    log.publisher.publish()
    log.site.files[CHECKPOINT] = old
    assert verify_place(log.site, UNWITNESSED).whole
    published, place = PublishedLog(log.site, UNWITNESSED), MemorySite()
    write_frame(place, published, b"")
    write_whole(place, published, log.site)
    assert "tile/entries/000.p/12" in place.files
    assert verify_place(place, UNWITNESSED).whole


def test_a_large_log_is_copied_in_pieces() -> None:
    log = make_log(256 * 70)
    published, place = log.published(), MemorySite()
    write_frame(place, published, b"")
    write_whole(place, published, log.site)
    assert verify_place(place, UNWITNESSED).whole


def test_an_empty_log_is_verified_and_is_worth_what_its_key_is() -> None:
    log = WrittenLog()
    log.publisher.publish()
    result = verify_place(log.site, UNWITNESSED)
    assert (result.whole, result.findings and result.findings.stop) == (True, 0)


def test_the_grade_is_the_lowest_of_what_it_needs() -> None:
    log = make_log(3)
    log.publisher.publish()
    alone = PublishedLog(log.site, UNWITNESSED).verified
    log.site.files[CHECKPOINT] = cosigned(log).content()
    witnessed = PublishedLog(log.site, WITNESSED).verified
    assert grade_of(alone, pinned=False, recounted=True) is Grade.E0
    assert grade_of(alone, pinned=True, recounted=False) is Grade.E1
    assert grade_of(alone, pinned=True, recounted=True) is Grade.E2
    assert grade_of(witnessed, pinned=True, recounted=True) is Grade.E3
    assert grade_of(witnessed, pinned=False, recounted=True) is Grade.E0
    assert len(not_shown(alone)) == len(not_shown(witnessed)) + 2

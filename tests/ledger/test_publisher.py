"""Publishing: derived files that can be made again, one signature for each size, and no second history."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import LogRewound, NotRecorded, UsageError
from remit.ledger.checkpoint import open_checkpoint, parse_checkpoint, sign_checkpoint
from remit.ledger.cosignature import cosign
from remit.ledger.edge import Edge
from remit.ledger.note import COSIGNATURE, ED25519, VerifierKey, parse_note
from remit.ledger.publisher import Publisher, demand_no_rewind, read_published
from remit.ledger.reader import PublishedLog
from remit.ledger.site import CHECKPOINT, COSIGNED, FolderSite
from remit.ledger.store import Signed
from remit.ledger.tile import TileTree, tiles_of
from remit.ledger.tree import leaf_hash, root_of
from remit.ledger.verification import verify_place
from remit.ledger.witness import Witness
from remit.ledger.witness_call import HttpWitness, Reply, WitnessCall, write_witness_request
from remit.ledger.witness_server import WitnessServer
from tests.fakes import MemorySite, NearWitness
from tests.ledger.small_log import (
    LOG_KEY,
    LOG_SIGNER,
    ORIGIN,
    OTHER_SIGNER,
    UNWITNESSED,
    WITNESS,
    WITNESS_KEY,
    WITNESS_SIGNER,
    WITNESSED,
    DictMemory,
    SmallLog,
    refused,
)
from tests.ledger.written import WrittenLog, decision


def near_witness() -> NearWitness:
    return NearWitness(WITNESS_KEY, Witness(WITNESS, WITNESS_SIGNER, [LOG_KEY], DictMemory()))


class SilentWitness(WitnessCall):
    """A witness that answers what it is told to."""

    def __init__(self, answer: Reply | OSError) -> None:
        self.key = WITNESS_KEY
        self._answer = answer

    def ask(self, body: bytes) -> Reply:
        assert body.startswith(b"old ")
        if isinstance(self._answer, OSError):
            raise self._answer
        return self._answer


@pytest.fixture
def log() -> WrittenLog:
    made = WrittenLog()
    made.fill(600)
    return made


@given(st.lists(st.integers(0, 400), max_size=4))
def test_the_edge_gives_the_files_and_the_root_of_the_tree_however_it_grew(steps: list[int]) -> None:
    small, site = SmallLog(sum(steps)), MemorySite()
    edge, size = Edge(), 0
    for step in steps:
        edge = Edge.read(size, site)
        size += step
        site.write(dict(edge.extend(small.entries[edge.size : size])))
        site.write(dict(edge.unfinished()))
        assert edge.root() == small.root(size)
    wanted = small.files()
    assert {path: site.files[path] for path in wanted} == wanted


def test_an_edge_of_more_than_two_levels_is_taken_up_again() -> None:
    entries = [b"%d" % number for number in range(256 * 256 + 300)]
    site, edge = MemorySite(), Edge()
    site.write(dict(edge.extend(entries[:-30])))
    site.write(dict(edge.unfinished()))
    again = Edge.read(len(entries) - 30, site)
    site.write(dict(again.extend(entries[again.size :])))
    site.write(dict(again.unfinished()))
    assert again.root() == root_of(map(leaf_hash, entries))
    assert {tile.path for tile in tiles_of(len(entries))} <= site.files.keys()
    tree = TileTree(len(entries), site)
    assert tree.node(16, 0) == root_of(map(leaf_hash, entries[: 2**16]))


def test_what_is_published_is_signed_and_verifies_whole(log: WrittenLog) -> None:
    publication = log.publisher.publish()
    assert publication.size == 601
    checkpoint = open_checkpoint(log.site.files[CHECKPOINT], ORIGIN, [LOG_KEY])
    assert (checkpoint.size, checkpoint.root) == (601, log.store.head().root())
    assert verify_place(log.site, UNWITNESSED).whole
    assert log.store.signed() == Signed(601, checkpoint.root)


def test_the_same_entries_give_the_same_bytes_however_often_they_were_published(log: WrittenLog) -> None:
    for _ in range(5):
        log.publisher.publish()
        log.write(*(decision() for _ in range(60)))
    log.publisher.publish()
    at_once = MemorySite()
    Publisher(ORIGIN, log.store, at_once, [LOG_SIGNER]).publish()
    assert {path: log.site.files[path] for path in at_once.files} == at_once.files
    left = {path for path in log.site.files.keys() - at_once.files.keys() if "/000.p/" not in path}
    assert all(path.startswith(("tile/0/003.p", "tile/entries/003.p", "tile/1/000.p")) for path in left), left
    log.publisher.publish(anew=True)
    assert {path: log.site.files[path] for path in at_once.files} == at_once.files


def test_partial_tiles_go_when_the_full_one_is_there(log: WrittenLog) -> None:
    log.publisher.publish()
    assert "tile/0/002.p/89" in log.site.files
    log.write(*(decision() for _ in range(200)))
    log.publisher.publish()
    assert "tile/0/002" in log.site.files
    assert not any(path.startswith(("tile/0/002.p", "tile/entries/002.p")) for path in log.site.files)
    assert "tile/1/000.p/2" in log.site.files


def test_tiles_that_were_lost_or_damaged_are_made_again(log: WrittenLog) -> None:
    log.publisher.publish()
    before = dict(log.site.files)
    log.site.files = {CHECKPOINT: before[CHECKPOINT]}
    log.publisher.publish()
    assert log.site.files == before
    log.site.files["tile/1/000.p/2"] = bytes(64)
    log.write(decision())
    log.publisher.publish()
    assert log.site.files["tile/1/000.p/2"] == before["tile/1/000.p/2"]
    assert verify_place(log.site, UNWITNESSED).whole


def test_a_store_whose_entries_do_not_give_its_root_is_not_published(log: WrittenLog) -> None:
    log.disk.entries[5] = b"{}"
    with pytest.raises(NotRecorded, match="do not lead to its root"):
        log.publisher.publish()
    assert CHECKPOINT not in log.site.files


def test_nothing_is_signed_that_was_not_remembered_first(log: WrittenLog) -> None:
    log.disk.fault = "the disk is full"
    with pytest.raises(NotRecorded, match="the disk is full"):
        log.publisher.publish()
    assert log.site.files == {}


@pytest.mark.parametrize("writes", range(6))
def test_a_crash_between_two_files_is_mended_by_publishing_again(log: WrittenLog, writes: int) -> None:
    log.site.writes_left = writes
    with pytest.raises(NotRecorded, match="is full"):
        log.publisher.publish()
    assert CHECKPOINT not in log.site.files
    log.site.writes_left = None
    log.write(decision())
    log.publisher.publish()
    assert verify_place(log.site, UNWITNESSED).findings is not None


def test_a_store_restored_from_yesterday_is_refused_with_what_to_do(log: WrittenLog) -> None:
    log.publisher.publish()
    yesterday = log.disk.copy()
    log.write(decision())
    log.publisher.publish()
    log.disk.take(yesterday)
    with pytest.raises(LogRewound, match="its store holds 601 entries, but the published checkpoint") as caught:
        log.publisher.publish()
    assert caught.value.signed == 602
    assert "remit log init NEW --origin NEW-ORIGIN --after THIS" in str(caught.value)
    published = log.site.files[CHECKPOINT]
    writer = WrittenLog()
    writer.disk.take(yesterday)
    writer.clock.now = log.clock.now
    writer.write(decision(), decision(), decision())
    log.disk.take(writer.disk)
    with pytest.raises(LogRewound, match="which the store does not know of"):
        log.publisher.publish()
    assert log.site.files[CHECKPOINT] == published


def test_a_store_that_holds_less_than_it_signed_for_is_refused(log: WrittenLog) -> None:
    with log.store.group() as group:
        group.sign_for(Signed(700, bytes(32)))
    with pytest.raises(LogRewound, match="what was signed last"):
        demand_no_rewind(log.store, log.site)


def test_another_root_of_the_published_size_is_refused(log: WrittenLog) -> None:
    log.publisher.publish()
    log.site.files[CHECKPOINT] = sign_checkpoint(ORIGIN, 601, bytes(32), LOG_SIGNER).content()
    with pytest.raises(LogRewound, match="another root of the published checkpoint"):
        log.publisher.publish()


def test_a_checkpoint_that_was_published_again_keeps_its_lines(log: WrittenLog) -> None:
    log.publisher.publish([near_witness()])
    before = log.site.files[CHECKPOINT]
    log.publisher.publish()
    assert log.site.files[CHECKPOINT] == before


def test_both_keys_sign_while_one_is_rotated(log: WrittenLog) -> None:
    log.publisher.publish()
    Publisher(ORIGIN, log.store, log.site, [LOG_SIGNER, OTHER_SIGNER]).publish()
    new = VerifierKey(ORIGIN, ED25519, OTHER_SIGNER.public_key)
    for key in (LOG_KEY, new):
        assert open_checkpoint(log.site.files[CHECKPOINT], ORIGIN, [key]).size == 601
    log.write(decision())
    Publisher(ORIGIN, log.store, log.site, [OTHER_SIGNER]).publish()
    assert open_checkpoint(log.site.files[CHECKPOINT], ORIGIN, [new]).size == 602
    with refused("note-unsigned"):
        open_checkpoint(log.site.files[CHECKPOINT], ORIGIN, [LOG_KEY])


def test_a_witness_cosigns_each_checkpoint_and_is_not_asked_twice(log: WrittenLog) -> None:
    witness = near_witness()
    assert log.publisher.publish([witness]).silent == {}
    log.publisher.publish([witness])
    assert witness.asked == 1
    log.write(decision())
    log.publisher.publish([witness])
    assert witness.asked == 2
    assert sorted(log.site.names(COSIGNED)) == ["601", "602"]
    assert PublishedLog(log.site, WITNESSED).verified.cosigned_by.keys() == {"ministry"}


def test_a_witness_that_saw_more_than_we_remember_says_so_and_is_asked_again(log: WrittenLog) -> None:
    witness = near_witness()
    log.publisher.publish([witness])
    log.site.remove(COSIGNED)
    log.write(decision())
    assert log.publisher.publish([witness]).silent == {}
    assert witness.asked == 3


def test_a_witness_that_saw_more_than_there_is_stops_everything(log: WrittenLog) -> None:
    with pytest.raises(LogRewound, match=f"the witness {WITNESS} speaks of 9000"):
        log.publisher.publish([SilentWitness(Reply(409, b"9000\n"))])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (OSError("no route to host"), "no route to host"),
        (Reply(404, b"no such log"), "answered 404: no such log"),
        (Reply(409, b"many\n"), "is not a number"),
        (Reply(200, b"\xff"), "is not UTF-8"),
        (Reply(200, b"nothing"), ""),
        (
            Reply(200, cosign(b"other text\n", WITNESS, WITNESS_SIGNER, 5).line.encode()),
            "does not hold",
        ),
        (
            Reply(200, cosign(b"text\n", WITNESS, OTHER_SIGNER, 5).line.encode()),
            "has no cosignature by the key of",
        ),
    ],
    ids=str,
)
def test_a_witness_that_answers_nothing_of_use_is_told_of_and_holds_up_nobody(
    log: WrittenLog, answer: Reply | OSError, says: str
) -> None:
    publication = log.publisher.publish([SilentWitness(answer), near_witness()][:1])
    assert says in publication.silent[WITNESS]
    assert read_published(log.site) == publication.note
    assert log.site.names(COSIGNED) == []


def test_what_a_witness_saw_is_looked_for_in_every_checkpoint_that_was_kept(log: WrittenLog) -> None:
    other = NearWitness(
        VerifierKey("other.example/w", COSIGNATURE, OTHER_SIGNER.public_key),
        Witness("other.example/w", OTHER_SIGNER, [LOG_KEY], DictMemory()),
    )
    near = near_witness()
    log.publisher.publish([near])
    log.publisher.publish([near, other])
    log.write(decision())
    log.publisher.publish([other])
    log.write(decision())
    assert log.publisher.publish([near, other]).silent == {}
    assert (near.asked, other.asked) == (2, 3)


def test_a_line_that_comes_by_file_is_added_if_it_is_for_this_checkpoint(log: WrittenLog) -> None:
    with refused("checkpoint-absent"):
        log.publisher.add_lines(b"", [WITNESS_KEY])
    note = log.publisher.publish().note
    line = cosign(note.text, WITNESS, WITNESS_SIGNER, 7).line.encode()
    with refused("witness-answer"):
        log.publisher.add_lines(line, [])
    other = VerifierKey("other.example/w", COSIGNATURE, OTHER_SIGNER.public_key)
    with refused("witness-answer"):
        log.publisher.add_lines(line, [other])
    log.publisher.add_lines(line, [other, WITNESS_KEY])
    assert PublishedLog(log.site, WITNESSED).size == 601
    assert parse_checkpoint(parse_note(log.site.files[f"{COSIGNED}/601"]).text).size == 601


def test_a_request_for_a_witness_out_of_reach_is_what_it_takes(log: WrittenLog) -> None:
    note = log.publisher.publish().note
    witness = Witness(WITNESS, WITNESS_SIGNER, [LOG_KEY], DictMemory())
    body = write_witness_request(note, 601, 0, TileTree(601, log.site).node)
    answer = witness.add_checkpoint(body, 7)
    assert answer.status == 200
    log.publisher.add_lines(answer.body, [WITNESS_KEY])


def test_a_witness_over_http_cosigns_and_refuses_what_is_stale(log: WrittenLog) -> None:
    import threading

    witness = Witness(WITNESS, WITNESS_SIGNER, [LOG_KEY], DictMemory())
    server = WitnessServer(("127.0.0.1", 0), witness, lambda: 1_793_000_000)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        call = HttpWitness(WITNESS_KEY, f"http://127.0.0.1:{server.server_address[1]}/")
        assert log.publisher.publish([call]).silent == {}
        log.site.remove(COSIGNED)
        log.write(decision())
        assert log.publisher.publish([call]).silent == {}
        assert call.ask(b"nonsense").status == 400
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    with pytest.raises(OSError, match="add-checkpoint"):
        call.ask(b"old 0\n")


def test_only_addresses_of_the_web_are_asked() -> None:
    with pytest.raises(UsageError, match="is not an address of http"):
        HttpWitness(WITNESS_KEY, "file:///etc/passwd")


def test_an_empty_log_can_be_published_and_grows_from_there() -> None:
    log = WrittenLog()
    witness = near_witness()
    assert log.publisher.publish([witness]).size == 0
    log.fill(3)
    assert log.publisher.publish([witness]).silent == {}
    assert PublishedLog(log.site, WITNESSED).size == 4


def test_a_folder_serves_as_a_site(tmp_path: Path, log: WrittenLog) -> None:
    site = FolderSite(tmp_path)
    Publisher(ORIGIN, log.store, site, [LOG_SIGNER]).publish([near_witness()])
    log.publisher.publish()
    for path, content in log.site.files.items():
        assert path == CHECKPOINT or (tmp_path / path).read_bytes() == content
    assert site.names(COSIGNED) == ["601"]
    assert (site.read("none"), site.names("none"), site.read("checkpoint/none")) == (None, [], None)
    assert not list(tmp_path.rglob("*.new"))
    log.write(*(decision() for _ in range(200)))
    Publisher(ORIGIN, log.store, site, [LOG_SIGNER]).publish()
    assert not (tmp_path / "tile/0/002.p").exists()


def test_a_site_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    site = FolderSite(tmp_path / "gone")
    with pytest.raises(NotRecorded, match="the place to publish to cannot be used"), site.exclusively():
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(NotRecorded, match="a file could not be published"):
        FolderSite(tmp_path).write({"file/checkpoint": b""})


def test_the_root_of_an_edge_is_that_of_the_tree_at_every_small_size() -> None:
    leaves, edge = [], Edge()
    for number in range(600):
        entry = sha256(b"%d" % number).digest()
        leaves.append(leaf_hash(entry))
        list(edge.extend([entry]))
        assert edge.root() == root_of(leaves)

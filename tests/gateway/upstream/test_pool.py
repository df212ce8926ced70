from __future__ import annotations

import asyncio
import gzip
import resource
import tracemalloc
from typing import TYPE_CHECKING

import pytest
import uvloop

from remit.gateway.upstream.client import (
    Origin,
    Request,
    Response,
    Timeouts,
    UpstreamCut,
    UpstreamFailed,
    UpstreamTooLarge,
    UpstreamTooSlow,
    UpstreamUnreachable,
    read_whole,
)
from remit.gateway.upstream.pool import Bounds, PooledClient
from tests.gateway.upstream.peers import Talk, says, upstream

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from tests.gateway.upstream.peers import Peer

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
QUICK = Timeouts(connect=2, first_byte=2, idle=2)


def run(work: Coroutine[None, None, None]) -> None:
    uvloop.run(asyncio.wait_for(work, 20))


def ask(peer: Peer, body: bytes = b"{}", *headers: tuple[bytes, bytes]) -> Request:
    return Request("POST", peer.origin, b"/v1/messages?beta=true", headers, body)


async def measure(response: Response, sizes: list[int]) -> None:
    async for data in response:
        sizes.append(len(data))  # noqa: PERF401 - what was counted is wanted though the reply fails.


async def read(response: Response) -> bytes:
    return await read_whole(response, 1 << 20)


def test_a_request_goes_out_as_it_was_given_with_framing_of_our_own() -> None:
    async def work() -> None:
        async with upstream(says(WHOLE)) as peer:
            client = PooledClient()
            headers = ((b"x-api-key", b"k"), (b"Accept-Encoding", b"gzip"), (b"Transfer-Encoding", b"chunked"))
            await read(await client.send(ask(peer, b"{}", *headers, (b"Content-Length", b"9")), timeouts=QUICK))
            await read(await client.send(Request("GET", peer.origin, b"/v1/models"), timeouts=QUICK))
            await client.aclose()
            host = b"host: 127.0.0.1:%d\r\n" % peer.origin.port
            assert peer.requests == [
                b"POST /v1/messages?beta=true HTTP/1.1\r\n" + host + b"x-api-key: k\r\ncontent-length: 2\r\n\r\n{}",
                b"GET /v1/models HTTP/1.1\r\n" + host + b"\r\n",
            ]
            assert peer.connections == 1

    run(work())


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", Origin("http", "halden.example", 80), b"/a b"),
        Request("POST", Origin("http", "halden.example", 80), b"/a\r\nx: y"),
        Request("POST", Origin("http", "halden.example", 80), b"http://other.example/"),
        Request("CONNECT", Origin("http", "halden.example", 80), b"/"),
        Request("HEAD", Origin("http", "halden.example", 80), b"/"),
        Request("GET", Origin("http", "halden.example", 80), b"/", ((b"x", b"a\r\ny: z"),)),
        Request("GET", Origin("http", "halden.example", 80), b"/", ((b"x", b"a\0"),)),
        Request("GET", Origin("http", "halden.example", 80), b"/", ((b"x y", b"a"),)),
    ],
)
def test_what_would_be_another_request_is_not_sent(request_: Request) -> None:
    with pytest.raises(UpstreamUnreachable, match="not sent"):
        asyncio.run(PooledClient().send(request_, timeouts=QUICK))


def test_a_connection_that_closed_while_idle_is_not_used_and_the_request_goes_once() -> None:
    async def once(talk: Talk) -> None:
        await talk.heed()
        await talk.say(WHOLE)

    async def work() -> None:
        async with upstream(once) as peer:
            client = PooledClient()
            for _ in range(5):
                assert await read(await client.send(ask(peer), timeouts=QUICK)) == b"abc"
                await asyncio.sleep(0.01)
            await client.aclose()
            assert peer.connections == len(peer.requests) == 5

    run(work())


def test_an_end_that_lies_in_the_socket_unread_is_seen_before_writing() -> None:
    async def once(talk: Talk) -> None:
        await talk.heed()
        await talk.say(WHOLE)

    async def work() -> None:
        async with upstream(once) as peer:
            client = PooledClient()
            await read(await client.send(ask(peer), timeouts=QUICK))
            connection = client._pools[peer.origin].idle[0]
            connection.pause()  # So that the loop does not read the end, as when it had no time to.
            await peer.until_left()
            assert not connection.usable
            assert await read(await client.send(ask(peer), timeouts=QUICK)) == b"abc"
            await client.aclose()
            assert len(peer.requests) == 2

    run(work())


def test_a_post_that_may_have_been_seen_is_never_sent_again() -> None:
    async def second_time_gone(talk: Talk) -> None:
        await talk.heed()
        await talk.say(WHOLE)
        await talk.heed()
        talk.reset()

    async def work() -> None:
        async with upstream(second_time_gone) as peer:
            client = PooledClient()
            await read(await client.send(ask(peer), timeouts=QUICK))
            with pytest.raises(UpstreamCut) as caught:
                await client.send(ask(peer), timeouts=QUICK)
            assert caught.value.seen
            await client.aclose()
            assert len(peer.requests) == 2

    run(work())


@pytest.mark.parametrize("late", [b"x", b"\r\n", WHOLE])
def test_bytes_that_come_late_close_the_connection(late: bytes) -> None:
    async def script(talk: Talk) -> None:
        while True:
            await talk.heed()
            await talk.say(WHOLE)
            await asyncio.sleep(0.01)
            await talk.say(late)

    async def work() -> None:
        async with upstream(script) as peer:
            client = PooledClient()
            for _ in range(2):
                assert await read(await client.send(ask(peer), timeouts=QUICK)) == b"abc"
                await asyncio.sleep(0.05)
            await client.aclose()
            assert peer.connections == 2

    run(work())


def test_a_half_closed_peer_is_cut_where_it_owes_more_and_done_with_where_not() -> None:
    async def script(talk: Talk) -> None:
        body = await talk.heed()
        await talk.say(WHOLE if body.endswith(b"whole") else WHOLE[:-1])
        talk.say_no_more()
        await talk.wait_for_end()

    async def work() -> None:
        async with upstream(script) as peer:
            client = PooledClient()
            assert await read(await client.send(ask(peer, b"whole"), timeouts=QUICK)) == b"abc"
            with pytest.raises(UpstreamCut):
                await read(await client.send(ask(peer, b"half"), timeouts=QUICK))
            await peer.until_left()
            await client.aclose()

    run(work())


def test_an_answer_before_the_whole_request_was_read_is_taken_and_its_connection_is_not() -> None:
    async def early(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 413 Large\r\ncontent-length: 3\r\n\r\nabc")
        await asyncio.sleep(5)

    async def work() -> None:
        async with upstream(early) as peer:
            client = PooledClient()
            response = await client.send(ask(peer, b"a" * (32 << 20)), timeouts=QUICK)
            assert (response.status, await read(response)) == (413, b"abc")
            assert not client._pools[peer.origin].idle
            await peer.until_left() if not peer.open else None
            await client.aclose()

    run(work())


def test_to_cancel_closes_the_connection() -> None:
    async def script(talk: Talk) -> None:
        if (await talk.heed()).endswith(b"begin"):
            await talk.say(CHUNKED + b"1\r\na\r\n")
        await talk.wait_for_end()

    async def work() -> None:
        async with upstream(script) as peer:
            client = PooledClient()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.send(ask(peer, b"silent"), timeouts=QUICK), 0.05)
            await peer.until_left()
            response = await client.send(ask(peer, b"begin"), timeouts=QUICK)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(read(response), 0.05)
            await peer.until_left()
            response = await client.send(ask(peer, b"begin"), timeouts=QUICK)
            await response.aclose()
            await peer.until_left()
            assert not client._pools[peer.origin].live
            await client.aclose()

    run(work())


def test_a_wait_in_a_task_of_its_own_can_be_left_and_taken_up_again() -> None:
    async def slow(talk: Talk) -> None:
        await talk.heed()
        await talk.say(CHUNKED)
        await asyncio.sleep(0.1)
        await talk.say(b"3\r\nabc\r\n0\r\n\r\n")
        await talk.wait_for_end()

    async def work() -> None:
        async with upstream(slow) as peer:
            client = PooledClient()
            pieces = aiter(await client.send(ask(peer), timeouts=QUICK))
            waits = asyncio.ensure_future(anext(pieces))
            done, _ = await asyncio.wait((waits,), timeout=0.02)
            assert not done
            assert await waits == b"abc"
            await client.aclose()

    run(work())


def test_silence_ends_a_reply_only_while_somebody_waits_for_it() -> None:
    async def script(talk: Talk) -> None:
        await talk.heed()
        await talk.say(CHUNKED + b"1\r\na\r\n")
        await asyncio.sleep(0.2)
        await talk.say(b"1\r\nb\r\n")
        await asyncio.sleep(5)

    async def work() -> None:
        async with upstream(script) as peer:
            client = PooledClient()
            response = await client.send(ask(peer), timeouts=Timeouts(2, 2, 0.1))
            pieces = aiter(response)
            assert await anext(pieces) == b"a"
            await asyncio.sleep(0.3)  # The reader is slow here, not the upstream.
            assert await anext(pieces) == b"b"
            with pytest.raises(UpstreamTooSlow):
                await anext(pieces)
            await client.aclose()

    run(work())


def test_what_came_before_a_cut_is_read_before_the_cut_is_told() -> None:
    async def work() -> None:
        async with upstream(says(CHUNKED + b"3\r\nabc\r\n", then="end")) as peer:
            client = PooledClient()
            response = await client.send(ask(peer), timeouts=QUICK)
            await asyncio.sleep(0.05)
            pieces = aiter(response)
            assert await anext(pieces) == b"abc"
            with pytest.raises(UpstreamCut):
                await anext(pieces)
            await client.aclose()

    run(work())


def test_two_hundred_megabytes_pass_in_little_memory_however_slow_the_reader() -> None:
    size, piece = 200 << 20, b"a" * (1 << 20)

    async def large(talk: Talk) -> None:
        await talk.heed()
        await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(200):
            await talk.say(piece)
        await talk.wait_for_end()

    async def work() -> None:
        async with upstream(large) as peer:
            client = PooledClient()
            response = await client.send(ask(peer), timeouts=QUICK)
            await asyncio.sleep(0.1)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            passed, largest = 0, 0
            async for data in response:
                passed += len(data)
                largest = max(largest, len(data))
            assert passed == size
            assert largest < 2 << 20
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024
            await client.aclose()

    run(work())


def test_a_bomb_ends_before_it_fills_anything() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)

    async def work() -> None:
        async with upstream(says(head + bomb)) as peer:
            client = PooledClient()
            response = await client.send(ask(peer), timeouts=QUICK)
            tracemalloc.start()
            passed: list[int] = []
            with pytest.raises(UpstreamTooLarge):
                await measure(response, passed)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert sum(passed) < 16 << 20
            assert peak < 4 << 20
            await client.aclose()

    run(work())


def test_a_body_beyond_what_its_reader_takes_is_too_large() -> None:
    async def work() -> None:
        async with upstream(says(WHOLE)) as peer:
            client = PooledClient()
            with pytest.raises(UpstreamTooLarge):
                await read_whole(await client.send(ask(peer), timeouts=QUICK), 2)
            await client.aclose()

    run(work())


def test_one_connection_more_than_may_be_is_not_made() -> None:
    async def work() -> None:
        async with upstream(says(CHUNKED)) as peer:
            client = PooledClient(Bounds(most=2))
            held = [await client.send(ask(peer), timeouts=QUICK) for _ in range(2)]
            with pytest.raises(UpstreamUnreachable, match="2 connections already") as caught:
                await client.send(ask(peer), timeouts=QUICK)
            assert not caught.value.seen
            await held[0].aclose()
            await asyncio.sleep(0.02)
            held[0] = await client.send(ask(peer), timeouts=QUICK)
            for response in held:
                await response.aclose()
            await client.aclose()

    run(work())


@pytest.mark.parametrize(
    ("head", "connections"), [(b"", 1), (b"keep-alive: timeout=1\r\n", 2), (b"connection: close\r\n", 2)]
)
def test_a_connection_is_kept_no_longer_than_both_sides_say(head: bytes, connections: int) -> None:
    async def work() -> None:
        async with upstream(says(b"HTTP/1.1 200 OK\r\n" + head + b"content-length: 0\r\n\r\n")) as peer:
            client = PooledClient()
            for _ in range(2):
                await read(await client.send(ask(peer), timeouts=QUICK))
            await client.aclose()
            assert peer.connections == connections

    run(work())


def test_idle_connections_close_in_time_and_only_some_are_kept() -> None:
    async def work() -> None:
        async with upstream(says(CHUNKED + b"0\r\n\r\n")) as peer:
            client = PooledClient(Bounds(most_idle=2, keep=0.05))
            many = await asyncio.gather(*(client.send(ask(peer), timeouts=QUICK) for _ in range(4)))
            for response in many:
                await read(response)
            assert len(client._pools[peer.origin].idle) == 2
            await peer.until_left()
            assert not client._pools[peer.origin].live
            await client.aclose()

    run(work())


def test_nobody_there_is_said_so_and_nothing_was_sent() -> None:
    async def work() -> None:
        client = PooledClient()
        for origin in (Origin("http", "127.0.0.1", 1), Origin("http", "nowhere.invalid", 80)):
            with pytest.raises(UpstreamUnreachable, match="was not reached") as caught:
                await client.send(Request("POST", origin, b"/"), timeouts=QUICK)
            assert not caught.value.seen
        await client.aclose()

    run(work())


def test_many_streams_at_once_come_whole_and_in_order() -> None:
    async def counting(talk: Talk) -> None:
        while True:
            await talk.heed()
            await talk.say(CHUNKED)
            for number in range(20):
                await talk.say(b"4\r\n%04d\r\n" % number)
                await asyncio.sleep(0)
            await talk.say(b"0\r\n\r\n")

    async def work() -> None:
        async with upstream(counting) as peer:
            client = PooledClient()

            async def one() -> bytes:
                return await read(await client.send(ask(peer), timeouts=QUICK))

            found = await asyncio.gather(*(one() for _ in range(200)))
            assert set(found) == {b"".join(b"%04d" % number for number in range(20))}
            await client.aclose()

    run(work())


def test_a_connection_that_is_free_before_its_reply_was_taken_serves_the_next_who_asks() -> None:
    async def echo(talk: Talk) -> None:
        while True:
            body = (await talk.heed()).rpartition(b"\r\n\r\n")[2]
            await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    async def work() -> None:
        async with upstream(echo) as peer:
            client = PooledClient()

            async def some(name: int) -> None:
                for turn in range(20):
                    body = b"%d.%d" % (name, turn)
                    asked = asyncio.ensure_future(client.send(ask(peer, body), timeouts=QUICK))
                    if turn % 7 == name % 7:
                        await asyncio.sleep(0)
                        asked.cancel()
                        await asyncio.wait((asked,))
                    else:
                        assert await read(await asked) == body

            await asyncio.gather(*(some(name) for name in range(16)))
            await client.aclose()

    run(work())


def test_failures_are_of_one_kind() -> None:
    for kind in (UpstreamCut, UpstreamTooLarge, UpstreamTooSlow, UpstreamUnreachable):
        assert issubclass(kind, UpstreamFailed)

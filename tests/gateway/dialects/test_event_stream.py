"""Events are the same however their bytes come, and hold every byte that came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.gateway.event_stream import Event, EventStream
from remit.gateway.unreadable import Unreadable

lines = st.sampled_from(["data: a", "data:b", "data", ": note", "event: ping", "id: 1", "retry: 5", "", ""])
ends = st.sampled_from(["\n", "\r\n", "\r"])


def read(pieces: list[bytes]) -> list[Event]:
    stream, found = EventStream(), []
    for data in pieces:
        stream.push(data)
        while event := stream.next():
            found.append(event)
    last = stream.rest()
    return [*found, last] if last else found


@given(told=st.lists(st.tuples(lines, ends), max_size=12), at=st.lists(st.integers(0, 99), max_size=9))
def test_any_cut_gives_the_same_events_and_loses_no_byte(told: list[tuple[str, str]], at: list[int]) -> None:
    data = "".join(line + end for line, end in told).encode()
    places = sorted({place % (len(data) + 1) for place in at})
    pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
    try:
        whole = read([data])
    except Unreadable:
        with pytest.raises(Unreadable):
            read(pieces)
        return
    assert b"".join(event.raw for event in whole) == data
    assert read(pieces) == whole


def test_an_event_has_its_name_and_its_lines_of_data() -> None:
    assert read([b"\xef\xbb\xbf: hello\nevent: ping\ndata: a\ndata:b\nid: 1\n\ndata: c"]) == [
        Event(b"\xef\xbb\xbf: hello\nevent: ping\ndata: a\ndata:b\nid: 1\n\n", "ping", b"a\nb"),
        Event(b"data: c", "", b"c"),
    ]


@pytest.mark.parametrize(
    "data", [b" data: a\n\n", b"Data: a\n\n", b"{}\n\n", b"event: a\nevent: b\n\n", b"event: \xff\n\n"]
)
def test_a_line_that_a_forgiving_reader_takes_otherwise_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read([data])


def push_all(stream: EventStream, pieces: list[bytes], *, take: bool) -> None:
    for data in pieces:
        stream.push(data)
        if take:
            stream.next()


def test_what_does_not_end_is_not_kept_without_bound() -> None:
    for pieces in ([b"data: " + b"x" * 200 + b"\n\n"], [b"x" * 10] * 20):
        with pytest.raises(Unreadable, match="at most 100 bytes"):
            push_all(EventStream(most=100), pieces, take=True)
    with pytest.raises(Unreadable, match="at most 100 bytes waiting"):
        push_all(EventStream(most_waiting=100), [b"data: xxx\n\n"] * 20, take=False)

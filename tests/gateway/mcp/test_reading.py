"""What is read over stdio of a tool server: its people are counted, and it is no act."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.mcp.test_stdio import Quay, put_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gateway.mcp.test_stdio import Agent


@pytest.fixture(scope="module")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quay]:
    place = Quay(tmp_path_factory.mktemp("quay"))
    yield place
    place.stop()


def reading(ident: object, uri: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": ident, "method": "resources/read", "params": {"uri": uri}}


@pytest.fixture
def reader(quay: Quay) -> Iterator[Agent]:
    """An agent of a use case for which people are counted, with a key and a budget of its own."""
    with quay.agent("odd", QUAYSIDE_KEY=quay.key_for("tally")) as agent:
        yield agent


def test_what_is_read_over_stdio_passes_as_it_came_until_it_names_too_many(quay: Quay) -> None:
    with quay.agent("odd", QUAYSIDE_KEY=quay.key_for("readers")) as agent:
        agent.write(reading(1, "crew:d.diaz@quayside.example"))
        assert agent.process.stdout is not None
        line = agent.process.stdout.readline()
        assert line == (
            b'{"jsonrpc":"2.0",  "id":1,"result":{"contents":[{"uri":"a:b","text":"d.diaz@quayside.example"}]}}\n'
        )
        agent.write(reading("two", "crew:e.eng@quayside.example f.fox@quayside.example"))
        withheld = agent.read()
        assert withheld["id"] == "two"
        assert "budget of people" in withheld["error"]["message"]
        assert "@" not in json.dumps(withheld)
        # What was withheld was not counted, and whoever was named before is named again for nothing.
        agent.write(reading(3, "crew:d.diaz@quayside.example e.eng@quayside.example"))
        assert agent.read()["result"]["contents"][0]["text"].count("@") == 2
    assert quay.said()[-1] == "decision deny"


def test_what_is_read_over_stdio_is_an_entry_only_where_it_is_withheld(quay: Quay, reader: Agent) -> None:
    before = quay.said()
    reader.write(reading(1, "crew:nobody"))
    assert reader.read()["result"]["contents"][0]["text"] == "nobody"
    assert quay.said() == before


def test_a_server_that_dies_while_something_is_read_of_it_is_an_error_for_whoever_asked(reader: Agent) -> None:
    reader.write(reading(1, "die:"))
    told = reader.read()
    assert told["id"] == 1
    assert "the server gave no answer" in told["error"]["message"]
    assert reader.process.wait(timeout=20) == 1


def test_an_agent_that_waits_no_more_for_what_it_reads_gets_no_answer_and_the_server_is_told(
    quay: Quay, reader: Agent
) -> None:
    reader.write(reading("late-read", "hang:"), {"jsonrpc": "2.0", "id": 2, "method": "ping"})
    assert reader.read()["id"] == 2
    reader.write(
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "late-read"}},
        {"jsonrpc": "2.0", "id": 3, "method": "ping"},
    )
    assert reader.read()["id"] == 3
    assert "late-read" in quay.done.with_name("done.cancelled").read_text()


def test_an_id_under_which_something_is_being_read_is_not_taken_again(reader: Agent) -> None:
    reader.write(reading(1, "hang:"), reading(1, "crew:nobody"))
    assert "under way" in reader.read()["error"]["message"]


def test_a_stop_of_the_use_case_does_not_end_what_is_read(quay: Quay, reader: Agent) -> None:
    """Whether it may be read is not judged; the next act is."""
    put_row(quay.state, "kill/use/tally", b"{}")
    time.sleep(1.2)
    reader.write(reading(1, "crew:nobody"))
    read = reader.read()
    put_row(quay.state, "kill/use/tally", None)
    assert "result" in read

"""What ordinary clients send every day goes on: a gateway that refuses it is switched off, and then holds nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.live import Live, live

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("ordinary")) as running:
        yield running


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"user_id": "user_7_session_9", "team": "berths"}},
        {"metadata": {"user_id": '{"device_id":"d","session_id":"s"}'}},
        {"user": "clerk-7"},
        {"safety_identifier": "clerk-7"},
        {"metadata": {"remit-session": "s-1"}},
    ],
    ids=json.dumps,
)
def test_what_a_client_says_to_its_provider_of_its_users_is_no_declaration(gateway: Live, body: dict[str, Any]) -> None:
    before = len(gateway.peer.requests)
    assert gateway.ask(**body)[0] == 200
    assert len(gateway.peer.requests) == before + 1


@pytest.mark.parametrize("key", ["remit-use-case", "remit_use_case", "Remit.Use.Case", "use.case", "remit-nothing"])
def test_what_it_says_of_its_use_in_metadata_is_still_held_against_what_is_known(gateway: Live, key: str) -> None:
    before = len(gateway.peer.requests)
    assert gateway.ask(metadata={key: "another"})[0] in {400, 403}
    assert len(gateway.peer.requests) == before

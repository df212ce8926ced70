"""The check at the point of execution: exactly the act that was released, once, in its time."""

import pytest

from remit.errors import EvidenceRefused
from remit.gateway.oversight.release import check_release
from remit.gateway.oversight.waiting import release_call
from tests.gateway.oversight.scene import AMADI, Quay

CRANE = '{"berth": 4, "lift": "container 7"}'


def a_quay() -> Quay:
    quay = Quay("approvals: {of: officer}, expires_in: 10m")
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, quay.clock.at))
    return quay


def test_an_act_that_was_released_is_carried_out_once() -> None:
    quay = a_quay()
    use = check_release(quay.writer, quay.store, "crane", '{"lift":"container 7","berth":4}', at=quay.clock.at)
    assert use.of == 1
    assert quay.said()[-1] == "message executed"
    with pytest.raises(EvidenceRefused, match="used already"):
        check_release(quay.writer, quay.store, "crane", CRANE, at=quay.clock.at)


@pytest.mark.parametrize(
    ("tool", "arguments"), [("crane", '{"berth": 5, "lift": "container 7"}'), ("gun", CRANE), ("crane", "")]
)
def test_another_act_than_the_one_released_is_not_carried_out(tool: str, arguments: str) -> None:
    quay = a_quay()
    with pytest.raises(EvidenceRefused, match="nobody released"):
        check_release(quay.writer, quay.store, tool, arguments, at=quay.clock.at)


def test_a_release_ends_with_its_time() -> None:
    quay = a_quay()
    at = quay.pass_on(minutes=11)
    with pytest.raises(EvidenceRefused, match="ended at"):
        check_release(quay.writer, quay.store, "crane", CRANE, at=at)


def test_what_was_only_approved_is_not_yet_released() -> None:
    quay = Quay("approvals: {of: officer}, expires_in: 10m")
    quay.vote(quay.hold(), AMADI, "amadi")
    with pytest.raises(EvidenceRefused, match="nobody released"):
        check_release(quay.writer, quay.store, "crane", CRANE, at=quay.clock.at)

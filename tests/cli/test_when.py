"""An instant that cannot be read is refused in words, before anything is judged."""

import pytest

from remit.cli.exit import Exit
from remit.cli.main import main


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yesterday", "not an instant: write 2026-02-27T17:01:00-05:00"),
        ("2026-13-01", "month must be in 1..12"),
        ("2026-02-27T17:01", "a time of day needs a zone"),
        ("2026-02-27T17:01[Nowhere/Else]", "unknown zone Nowhere/Else"),
    ],
)
def test_an_instant_that_is_none_is_refused(text: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "--terms", "examples/harbour/remit", "--at", text]) == Exit.MISUSED
    assert f"Nothing was judged: --at {text!r}: {says}" in capsys.readouterr().err

"""How much a use case has used within its windows: calls, tokens and money, in one small row of the ledger's store.

1. A window is made of buckets and covers the one that runs and all that a window reaches back into, so that what is
   counted is never less than what the window holds, and at most one bucket more.
2. What a call may take at most is reserved with the decision, in the same transaction, and settled to what it took
   with the outcome. Of a call whose outcome never came, the reservation stays.
3. Money is counted in millionths of the register's currency, as whole numbers.
"""

from __future__ import annotations

from array import array
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from remit.terms.use import Fact, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.terms.upstream import Price

ROWS = "meter/"
MILLION = 1_000_000
_SOURCE = "counted by the gateway"
_HOUR, _DAY = 3600, 86_400
_MONEY = 2


class Amount(NamedTuple):
    """What a call takes: calls, tokens, and money in millionths, which is None where nobody knows the price."""

    requests: int
    tokens: int
    money: int | None


class _Series(NamedTuple):
    attribute: str
    field: int
    seconds: int
    buckets: int
    place: int


def _lay_out() -> tuple[_Series, ...]:
    rows = (
        ("requests.window_1h", 0, 300, 13),
        ("requests.window_1d", 0, _HOUR, 25),
        ("tokens.window_1d", 1, _HOUR, 25),
        ("tokens.window_30d", 1, _DAY, 31),
        ("money.window_30d", 2, _DAY, 31),
    )
    series, place = [], 0
    for attribute, field, seconds, buckets in rows:
        series.append(_Series(attribute, field, seconds, buckets, place))
        place += buckets + 1
    return tuple(series)


_SERIES = _lay_out()
_WIDTH = _SERIES[-1].place + _SERIES[-1].buckets + 1
ATTRIBUTES = frozenset(series.attribute for series in _SERIES)


class Meter:
    """The windows of one use case; each series is the number of its newest bucket and a ring of buckets."""

    __slots__ = ("_cells",)

    def __init__(self, row: bytes | None, seconds: int) -> None:
        self._cells = cells = array("q", row if row is not None and len(row) == _WIDTH * 8 else bytes(_WIDTH * 8))
        for _, _, width, buckets, place in _SERIES:
            bucket = seconds // width
            if cells[place] < bucket:
                for passed in range(max(cells[place] + 1, bucket - buckets + 1), bucket + 1):
                    cells[place + 1 + passed % buckets] = 0
                cells[place] = bucket

    def add(self, amount: Amount, seconds: int) -> None:
        """Add what a call takes, in the buckets of an instant; what is older than a window is not in it any more."""
        cells = self._cells
        for _, field, width, buckets, place in _SERIES:
            more = amount[field]
            bucket = seconds // width
            if more and cells[place] - bucket < buckets:
                cell = place + 1 + bucket % buckets
                cells[cell] = max(0, cells[cell] + more)

    def with_call(self, amount: Amount) -> dict[str, Fact]:
        """Return each window as a fact, this call with it; money is unknown where its price is."""
        facts = {}
        for attribute, field, _, buckets, place in _SERIES:
            more = amount[field]
            if more is not None:
                total = sum(self._cells[place + 1 : place + 1 + buckets]) + more
                value = Decimal(total) / MILLION if field == _MONEY else total
                facts[attribute] = Fact(value, VouchedBy.MEASURED, _SOURCE)
        return facts

    def row(self) -> bytes:
        """Return it as it is stored."""
        return self._cells.tobytes()


def soonest(attributes: Iterable[str], seconds: int) -> int:
    """Return after how many seconds the first of some windows can hold less; it may hold too much still."""
    names = frozenset(attributes)
    return min((each.seconds - seconds % each.seconds for each in _SERIES if each.attribute in names), default=_DAY)


def cost(price: Price | None, tokens_in: int, tokens_out: int) -> int | None:
    """Return what tokens cost, in millionths of the currency, rounded up; None without a price."""
    if price is None:
        return None
    exact = price.input * tokens_in + price.output * tokens_out
    return int(exact.to_integral_value(rounding="ROUND_CEILING"))

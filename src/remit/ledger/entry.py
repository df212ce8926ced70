"""An entry of the log: one JSON object, whose bytes are what is hashed (docs/evidence.md, "Entries").

A draft is everything but the place: `n` in the log, `sn` in its stream and the time `t` come when it is written.
Reading is strict, because `{"o":"deny","o":"allow"}` says allow to a reader that takes the last of two:

1. An entry is at most 65,535 bytes.
2. It is UTF-8.
3. It is JSON without a key twice, without a fraction or an exponent, without NaN or Infinity.
4. It is an object of version 1 of a kind that is known.
5. It has every field of its kind and no other, and each value is of its form.
6. Commitments name the epoch whose key salts them, and the other way about.

The keys we write are sorted and without white space; a reader need not ask for that, since nothing is written anew.

>>> read_entry(make_draft(Kind.LOST, "uc-07", {"of": 12}).write(14, 3, "2026-11-23T09:48:24.123Z")).fields["of"]
12
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.canonical import LARGEST_NUMBER
from remit.errors import EvidenceRefused, RecordUnusable
from remit.ledger.bundle import LARGEST_ENTRY
from remit.ledger.commitment import write_fields
from remit.ledger.kind import FORMS, VERSION, Kind, is_name
from remit.ledger.strict import NotStrict, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from remit.ledger.commitment import Hidden

_PLACE = "%s"
"""What is filled in when the entry is written; nothing shown in clear may hold a per cent sign."""
_EMPTY: Mapping[str, object] = {}
_COMMITMENT_WIDTH = len('"",') + 43
_WIDEST_PLACE = 3 * len(str(LARGEST_NUMBER)) + len('"2026-11-23T09:48:24.123Z"')
"""Three numbers and an instant: what the place of an entry adds at most to the bytes of its draft."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


class Entry(NamedTuple):
    """An entry as it was read; `fields` holds every field there is, the named ones too."""

    n: int
    kind: str
    stream: str
    sn: int
    at: str
    fields: dict[str, Any]


class Draft(NamedTuple):
    """An entry without its place; `hidden` is what will be committed to and not shown."""

    kind: Kind
    stream: str
    template: str
    fields: Mapping[str, object]
    hidden: Hidden = ()

    def write(self, n: int, sn: int, at: str, epoch: int = 0, digests: Sequence[str] = ()) -> bytes:
        """Write the bytes the entry has at a place."""
        if not self.hidden:
            return (self.template % (n, sn, f'"{at}"')).encode()
        # A digest is base64url, and stands in quotes as it is.
        texts = '","'.join(digests)
        return (self.template % (f'["{texts}"]' if digests else "[]", epoch, n, sn, f'"{at}"')).encode()


def make_draft(
    kind: Kind, stream: str, fields: Mapping[str, object] = _EMPTY, hidden: Mapping[str, object] = _EMPTY
) -> Draft:
    """Draft an entry; raise if no place in the log could make it one that is read again."""
    form = FORMS[kind]
    if not is_name(stream):
        raise RecordUnusable("$.s", f"is {stream!r} and not a name")
    if not fields.keys() <= form.given:
        foreign = min(fields.keys() - form.given)
        raise RecordUnusable(f"$.{foreign}", f"is not for the writer of the kind {kind} to give")
    texts = {"k": f'"{kind}"', "n": _PLACE, "s": f'"{stream}"', "sn": _PLACE, "t": _PLACE, "v": f"{VERSION}"}
    for name, value in fields.items():
        try:
            texts[name] = form.text(name, value)
        except ValueError as error:
            raise RecordUnusable(f"$.{name}", f"is {value!r}, not {error}") from None
    if not form.asked <= fields.keys():
        missing = ", ".join(sorted(form.asked - fields.keys()))
        raise RecordUnusable("$", f"lacks {missing}, which the kind {kind} must have")
    if hidden:
        texts |= {"_sd": _PLACE, "ep": _PLACE}
    text = "{" + ",".join([f'"{name}":{texts[name]}' for name in sorted(texts)]) + "}"
    if (length := len(text) + _WIDEST_PLACE + _COMMITMENT_WIDTH * len(hidden)) > LARGEST_ENTRY:  # (1)
        raise RecordUnusable("$", f"takes up to {length} bytes, more than {LARGEST_ENTRY}")
    return Draft(kind, stream, text, fields, write_fields(hidden) if hidden else ())


def read_entry(raw: bytes) -> Entry:
    """Read the bytes of an entry; raise with the step that refused them."""
    if len(raw) > LARGEST_ENTRY:  # (1)
        raise EvidenceRefused("entry-size", f"the entry is {len(raw)} bytes long, more than {LARGEST_ENTRY}")
    record = _parse(raw)
    if type(record) is not dict:  # (4)
        raise EvidenceRefused("entry-json", "the entry is not an object")
    kind = record.get("k")
    form = FORMS.get(kind) if type(kind) is str else None
    if form is None:
        raise EvidenceRefused("entry-kind", f"the entry is of the unknown kind {kind!r:.80}")
    if not form.must <= record.keys():  # (5)
        missing = ", ".join(sorted(form.must - record.keys()))
        raise EvidenceRefused("entry-field", f"the entry of kind {kind} lacks {missing}")
    if fault := form.fault(record):
        name, expected = fault
        if not expected:
            raise EvidenceRefused("entry-field", f"the entry of kind {kind} has the unknown field {name!r:.80}")
        raise EvidenceRefused("entry-field", f"{name} is {record[name]!r:.80}, not {expected}")
    if ("_sd" in record) is not ("ep" in record):  # (6)
        raise EvidenceRefused("entry-field", "the entry has one of _sd and ep without the other")
    return Entry(record["n"], str(kind), record["s"], record["sn"], record["t"], record)


def _parse(raw: bytes) -> Any:  # noqa: ANN401 - whatever JSON can hold.
    try:
        return read_json(raw.decode())  # (2)
    except UnicodeDecodeError as error:
        raise EvidenceRefused("entry-utf8", f"the entry is not UTF-8 at byte {error.start}") from error
    except NotStrict as error:  # (3)
        raise EvidenceRefused(error.step, f"the entry {error}") from error
    except (ValueError, RecursionError) as error:
        raise EvidenceRefused("entry-json", f"the entry is not JSON: {error}") from error

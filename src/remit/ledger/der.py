r"""The little of DER that a time stamp needs: written from bytes, and read so that nothing has two spellings (X.690).

1. A length has its shortest form, and is definite (section 10.1).
2. A number has no needless byte in front (8.3.2).
3. What is read is used up: bytes after the last element are a fault.

>>> write(INTEGER, b"\x01").hex()
'020101'
"""

from __future__ import annotations

from remit.errors import EvidenceRefused

BOOLEAN, INTEGER, OCTETS, NULL, OBJECT = 0x01, 0x02, 0x04, 0x05, 0x06
TIME, SEQUENCE, SET = 0x18, 0x30, 0x31
_SHORT = 0x80
_MOST_LENGTH_BYTES = 4


def write(tag: int, *parts: bytes) -> bytes:
    """Write one element around its content."""
    content = b"".join(parts)
    size = len(content)
    if size < _SHORT:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, _SHORT | len(length)]) + length + content


def write_number(value: int) -> bytes:
    """Write a number that is not negative."""
    return write(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def write_object(dotted: str) -> bytes:
    """Write an object identifier such as `2.5.4.3`."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for value in (first * 40 + second, *rest):
        groups = [value & 0x7F]
        while value := value >> 7:
            groups.append(0x80 | value & 0x7F)
        content += bytes(reversed(groups))
    return write(OBJECT, bytes(content))


class DerReader:
    """Reads elements one after the other; `step` is where a fault is refused."""

    def __init__(self, content: bytes, step: str) -> None:
        self._content = content
        self._step = step
        self._at = 0

    def peek(self) -> int | None:
        """Return the tag of the next element, or None at the end."""
        return self._content[self._at] if self._at < len(self._content) else None

    def take(self, tag: int) -> bytes:
        """Return the content of the next element, which must be of this tag."""
        return self._element(tag)[1]

    def whole(self, tag: int) -> bytes:
        """Return the next element with its tag and length."""
        return self._element(tag)[0]

    def enter(self, tag: int = SEQUENCE) -> DerReader:
        """Return a reader of the next element's content."""
        return DerReader(self.take(tag), self._step)

    def number(self) -> int:
        """Return the next element, a number (2)."""
        content = self.take(INTEGER)
        if not content or (len(content) > 1 and content[0] in {0x00, 0xFF} and content[0] >> 7 == content[1] >> 7):
            raise EvidenceRefused(self._step, "a number is not written as DER asks")
        return int.from_bytes(content, "big", signed=True)

    def skip(self, *tags: int) -> None:
        """Pass over the next elements where they have these tags, in this order."""
        for tag in tags:
            if self.peek() == tag:
                self.take(tag)

    def end(self) -> None:
        """Demand that nothing follows (3)."""
        if self.peek() is not None:
            raise EvidenceRefused(self._step, "bytes follow where an element ends")

    def _element(self, tag: int) -> tuple[bytes, bytes]:
        if self.peek() != tag:
            raise EvidenceRefused(self._step, f"an element of type {tag:#04x} is missing")
        start = self._at + 2
        head = self._content[self._at + 1 : start]
        size = head[0] if head else _SHORT
        if size >= _SHORT:  # (1)
            count = size - _SHORT
            length = self._content[start : start + count]
            start += count
            size = int.from_bytes(length, "big")
            if not 1 <= count == len(length) <= _MOST_LENGTH_BYTES or length[0] == 0 or size < _SHORT:
                raise EvidenceRefused(self._step, "a length is not written as DER asks")
        end = start + size
        if end > len(self._content):
            raise EvidenceRefused(self._step, "an element is cut off")
        whole, self._at = self._content[self._at : end], end
        return whole, self._content[start:end]

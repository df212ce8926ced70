"""Whose signatures count: keys that came from elsewhere than what they sign, and those that count no longer.

Sources: ssh-keygen(1), "ALLOWED SIGNERS" and "KEY REVOCATION LISTS"; OpenSSH PROTOCOL.krl.

1. A key in a file of allowed signers counts for its principals, in its namespaces, and within its time.
2. A time there ends in Z, since without it the same line means another instant on another machine.
3. A certificate authority is refused: certificates are not read here, and a line that is passed over would mislead.
4. A key pinned as PEM signs raw bytes, and one pinned as OpenSSH signs in a namespace; neither stands for the other.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from remit.attest.ssh_signature import NAMESPACE, fingerprint, kind_of, string, take
from remit.errors import UsageError
from remit.terms.signature import key_blob

if TYPE_CHECKING:
    from collections.abc import Iterator

_PEM = b"-----BEGIN PUBLIC KEY-----"
_SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")
_ED25519 = b"ssh-ed25519"
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')
_OPTION = re.compile(r'([a-z-]+)(?:="([^"]*)")?(?:,|$)', re.IGNORECASE)
_TIME = re.compile(r"\d{8}(?:\d{4}(?:\d{2})?)?", re.ASCII)
_TIME_FORMS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_KINDS = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
_KRL = b"SSHKRL\n\0"
_KRL_HEAD = len(_KRL) + 4 + 8 + 8 + 8
_CERTIFICATES, _KEYS, _SHA1, _SIGNATURE, _SHA256 = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key, whose it is, and for what and when it counts."""

    principal: str
    blob: bytes
    raw: bool = False
    """Pinned as PEM, so that it signs the bytes themselves and in no namespace (4)."""
    namespaces: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    @property
    def ident(self) -> str:
        """The key's name: the fingerprint of OpenSSH, or for a key in PEM the SHA-256 of its DER form."""
        return f"sha256:{self._der_sum}" if self.raw else fingerprint(self.blob)

    @property
    def _der_sum(self) -> str:
        return hashlib.sha256(_SPKI_ED25519 + raw_key(self.blob)).hexdigest()

    def answers_to(self, keyid: str) -> bool:
        """Tell whether a hint names this key; an empty one names every key."""
        return keyid in {"", self.ident, self.ident.removeprefix("sha256:")}

    def is_for(self, namespace: str) -> bool:
        """Tell whether the key counts in a namespace (1)."""
        return not self.namespaces or any(_fits(pattern, namespace) for pattern in self.namespaces)

    def is_valid(self, at: datetime) -> bool:
        """Tell whether the key counts at an instant (1)."""
        return (self.start is None or self.start <= at) and (self.end is None or at <= self.end)


@dataclass(frozen=True, slots=True)
class Revocations:
    """Keys that count no longer: as blobs, or as hashes of them."""

    blobs: frozenset[bytes] = frozenset()
    hashes: frozenset[bytes] = frozenset()
    idents: frozenset[str] = frozenset()

    def holds(self, key: TrustedKey) -> bool:
        """Tell whether a key is revoked."""
        sums = {hashlib.sha256(key.blob).digest(), hashlib.sha1(key.blob, usedforsecurity=False).digest()}
        names = {key.ident, key.ident.removeprefix("sha256:"), fingerprint(key.blob)}
        return key.blob in self.blobs or bool(sums & self.hashes) or bool(names & self.idents)


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys that count, those that count no longer, and whether all that came from elsewhere than the bundle."""

    keys: tuple[TrustedKey, ...]
    revoked: Revocations | None = None
    pinned: bool = True
    identity: str = ""
    """The principal who must have signed; empty where anybody among the keys may."""
    namespace: str = field(default=NAMESPACE)


def ed25519_blob(raw: bytes) -> bytes:
    """Write an Ed25519 key in the form of OpenSSH."""
    return string(_ED25519) + string(raw)


def raw_key(blob: bytes) -> bytes:
    """Return the 32 bytes of an Ed25519 key."""
    return take(take(blob)[1])[0]


def read_key(content: bytes, name: str) -> tuple[TrustedKey, ...]:
    """Read a public key file: OpenSSH lines, or one Ed25519 key in PEM."""
    if content.lstrip().startswith(_PEM):
        return (TrustedKey(name, ed25519_blob(_raw_of_pem(content, name)), raw=True),)
    lines = list(_lines(content, name))
    if not lines:
        raise UsageError(f"Nothing was verified: {name} holds no key.")
    return tuple(_plain(line, number, name) for number, line in lines)


def read_allowed_signers(content: bytes, name: str) -> tuple[TrustedKey, ...]:
    """Read a file of allowed signers; raise at the first line that is not understood."""
    keys = tuple(_allowed(line, number, name) for number, line in _lines(content, name))
    if not keys:
        raise UsageError(f"Nothing was verified: {name} allows nobody.")
    return keys


def read_revocations(content: bytes, name: str) -> Revocations:
    """Read a list of revoked keys: a KRL of ssh-keygen, or a key or fingerprint in each line."""
    if content.startswith(_KRL):
        try:
            return _read_krl(content)
        except ValueError as fault:
            raise UsageError(f"Nothing was verified: {name} is no key revocation list: {fault}.") from fault
    blobs, idents = set(), set()
    for number, line in _lines(content, name):
        if re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}|(?:sha256:)?[0-9a-f]{64}", line):
            idents.add(line)
        else:
            blobs.add(_plain(line, number, name).blob)
    return Revocations(frozenset(blobs), frozenset(), frozenset(idents))


def _lines(content: bytes, name: str) -> Iterator[tuple[int, str]]:
    try:
        text = content.decode()
    except UnicodeDecodeError as fault:
        raise UsageError(f"Nothing was verified: {name} is not UTF-8 text.") from fault
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def _plain(line: str, number: int, name: str) -> TrustedKey:
    try:
        return TrustedKey(" ".join(line.split()[2:]) or name, key_blob(line))
    except ValueError as fault:
        raise UsageError(f"Nothing was verified: {name}:{number}: {fault}.") from fault


def _allowed(line: str, number: int, name: str) -> TrustedKey:
    try:
        return read_signer(line)
    except ValueError as fault:
        raise UsageError(f"Nothing was verified: {name}:{number}: {fault}.") from fault


def read_signer(line: str) -> TrustedKey:
    """Read one line of allowed signers; raise `ValueError` with what is the matter with it."""
    words = [found[0] for found in _TOKEN.finditer(line)]
    place = next((at for at, word in enumerate(words[1:3], start=1) if word.startswith(_KINDS)), 0)
    if not place:
        raise ValueError("not principals, options and a key")
    options = _options(words[1]) if place > 1 else {}
    blob = key_blob(" ".join(words[place : place + 2]))
    times = (_time(options.get("valid-after")), _time(options.get("valid-before")))
    namespaces = tuple(filter(None, options.get("namespaces", "").split(",")))
    return TrustedKey(words[0].strip('"'), blob, namespaces=namespaces, start=times[0], end=times[1])


def _options(text: str) -> dict[str, str]:
    found, at = {}, 0
    while match := _OPTION.match(text, at):
        found[match[1].lower()] = match[2] or ""
        at = match.end()
        if at == len(text):
            break
    unknown = sorted(set(found) - {"namespaces", "valid-after", "valid-before"})
    if at != len(text) or unknown:
        raise ValueError(
            f"the option {unknown[0]} is not understood here" if unknown else "its options are not understood"
        )
    return found


def _time(text: str | None) -> datetime | None:
    """Read an instant as allowed signers have it (2)."""
    if text is None:
        return None
    if not text.endswith("Z") or not _TIME.fullmatch(text[:-1]):
        raise ValueError(f"{text!r} is no time such as 20260306Z or 202603061530Z, with the Z")
    try:
        return datetime.strptime(text[:-1], _TIME_FORMS[len(text) - 1]).replace(tzinfo=UTC)
    except ValueError as fault:
        raise ValueError(f"the time {text!r} is none that the calendar has") from fault


def _fits(pattern: str, namespace: str) -> bool:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.fullmatch("".join(parts), namespace) is not None


def _raw_of_pem(content: bytes, name: str) -> bytes:
    text = b"".join(content.split(_PEM)[-1].partition(b"-----END")[0].split())
    try:
        der = base64.b64decode(text, validate=True)
    except ValueError:
        der = b""
    if len(der) != len(_SPKI_ED25519) + 32 or not der.startswith(_SPKI_ED25519):
        raise UsageError(f"Nothing was verified: {name} is no Ed25519 public key in PEM.")
    return der[len(_SPKI_ED25519) :]


def _read_krl(content: bytes) -> Revocations:
    """Read the sections of a KRL; a section that names keys in a way not known here is refused (PROTOCOL.krl)."""
    _, rest = take(content[_KRL_HEAD:])
    _, rest = take(rest)
    blobs: list[bytes] = []
    hashes: list[bytes] = []
    while rest:
        kind = rest[0]
        section, rest = take(rest[1:])
        if kind in {_CERTIFICATES, _SIGNATURE}:  # No certificate counts here, and the file came from whoever verifies.
            continue
        if kind not in {_KEYS, _SHA1, _SHA256}:
            raise ValueError(f"it has a section of type {kind}, which is not understood")
        into = blobs if kind == _KEYS else hashes
        while section:
            entry, section = take(section)
            into.append(entry)
    return Revocations(frozenset(blobs), frozenset(hashes))


def describe(key: TrustedKey) -> str:
    """Name a key for people: whose, of what type, and by its fingerprint."""
    kind = "Ed25519 in PEM" if key.raw else kind_of(key.blob)
    return f"{key.principal} ({kind}, {key.ident})"

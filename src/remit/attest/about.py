"""VERIFY.md: how a bundle is checked with openssl, jq, coreutils and ssh-keygen, command by command.

Each fenced block is run by a test as it stands; TRUSTED and WHO come from whoever verifies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.attest.files import BOM, ENVELOPE, FINDINGS, SARIF, SCRIPT
from remit.attest.ssh_signature import NAMESPACE
from remit.attest.subject import FILES_COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from remit.attest.statement import Subject

_KINDS = {
    FINDINGS: "what was found, dismissed and not looked at",
    BOM: "the same as CycloneDX 1.6, with declarations",
    SARIF: "the same as SARIF 2.1.0",
    SCRIPT: "the checks below in one script",
}


def write_about(subjects: Iterable[Subject], names: Iterable[str], *, raw: bool) -> bytes:
    """Write the page for a bundle; `raw` tells a key in PEM from one of OpenSSH."""
    parts = [_HEAD, *_list_files(names), _SIGNED, _RAW if raw else _SSH, _DATES, _FILES, *_subjects(subjects), _TAIL]
    return "\n".join(parts).encode()


def _list_files(names: Iterable[str]) -> Iterator[str]:
    yield f"- `{ENVELOPE}`: the statement with its signatures; everything else is named in it by its digest"
    yield from (f"- `{name}`: {_KINDS[name]}" for name in names if name in _KINDS)
    yield ""


def _subjects(subjects: Iterable[Subject]) -> Iterator[str]:
    yield _SUBJECTS
    for subject in subjects:
        yield f"    {subject.name}"
        yield from (f"        {algorithm}: {value}" for algorithm, value in _digests(subject.digest))
    yield ""


def _digests(digest: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(digest.items())


_HEAD = """\
# How to check this

This folder says what one party looked for, where, what it found, and where it did not look.
It says no more than that, and a person stands for it.

Get the key of that party by another way than this folder; a key that lies here shows nothing.
With Remit, all of it in one command; without, the blocks below, which need jq, coreutils, and openssl or ssh-keygen.

    remit verify . --allowed-signers TRUSTED
    sh verify.sh TRUSTED WHO

Here and below, TRUSTED is the file with the key, and WHO the name that it stands under there.
"""
_SIGNED = f"""\
## 1. What is signed

```sh
jq -r .payload {ENVELOPE} | base64 -d > payload
type=$(jq -r .payloadType {ENVELOPE})
{{ printf 'DSSEv1 %d %s %d ' "${{#type}}" "$type" "$(wc -c < payload)"; cat payload; }} > signed
jq -r '.signatures[0].sig' {ENVELOPE} | base64 -d > signature
```
"""
_SSH = f"""\
## 2. Who signed it

TRUSTED holds lines such as `WHO namespaces="{NAMESPACE}" ssh-ed25519 AAAA...`.

```sh
ssh-keygen -Y verify -f "$TRUSTED" -I "$WHO" -n {NAMESPACE} -s signature < signed
```

A security key also says whether somebody touched it, which ssh-keygen does not ask: of the last five bytes of the
signature, the first must be odd. `verify.sh` asks it.
"""
_RAW = """\
## 2. Who signed it

TRUSTED is an Ed25519 public key in PEM.

```sh
openssl pkeyutl -verify -pubin -inkey "$TRUSTED" -rawin -in signed -sigfile signature
```
"""
_DATES = """\
## 3. What it says, and until when

```sh
jq '.subject, (.predicate | {order, target, status, validFrom, validUntil, request})' payload
jq -r '.predicate.method.surfaces[]? | select(.unread != 0) | "not looked at: \\(.name)"' payload
```
"""
_FILES = """\
## 4. The files

```sh
jq -r '(.predicate.findings.evidence? // .predicate.evidence? // [])[] | "\\(.digest.sha256)  \\(.name)"' payload > sums
sha256sum --strict -c sums
```
"""
_SUBJECTS = f"""\
## 5. What it is about

In a checkout, `git rev-parse HEAD 'HEAD:./'` names the commit and the tree; of one file, `sha256sum` gives the digest.
A folder that is no checkout is named by this, run inside it:

    {FILES_COMMAND}

The statement is about
"""
_TAIL = """\
Whoever has the same tree and Remit looks again with `remit verify . --allowed-signers TRUSTED --rescan TREE`.

What it does not show: places that nobody looked at, whether people who were asked answered truly, and uses that leave
no trace in what was looked at.
"""

"""Files that mean harm: each as bytes, with the fault that it must be; the benchmark times them too."""

from __future__ import annotations

from remit.terms.condition import MOST_ROWS
from remit.terms.document import DEEPEST_NESTING, LARGEST_FILE, MOST_FAULTS, MOST_NODES

HEAD = b"""instrument: hostile
kind: policy
by: halden
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
  - id: c
    permit: invoke
"""


def _aliases() -> bytes:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]", *levels]).encode()


def _alternatives(count: int) -> bytes:
    return HEAD + b"    when: {any: [" + b"{use.effect: force}, " * count + b"]}\n"


def _product(width: int, depth: int) -> bytes:
    """Nest alternatives as deep as may be, each as wide as given."""
    inner = "use.effect: force"
    for _ in range(depth):
        inner = f"any: [{', '.join([f'{{{inner}}}'] * width)}]"
    return HEAD + f"    when: {{{inner}}}\n".encode()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "alias-bomb": (_aliases(), "an anchor (&a0) is not accepted here; write the value out"),
    "alias": (b"a: *b\n", "an alias is not accepted here; write the value out"),
    "merge-key": (b"<<: *b\n", "an alias is not accepted here; write the value out"),
    "fifty-megabytes": (b"a: b\n" * 10_000_000, "the file has more than 8 MB; it was not read"),
    "large-list": (b"a:\n" + b"- b\n" * (LARGEST_FILE // 4 - 1), f"more than {MOST_NODES} words, lists and mappings"),
    "large-text": (b"a: '" + b"x" * (LARGEST_FILE - 5) + b"'", "kind missing: one of policy"),
    "many-keys": (
        HEAD + "\n".join(f"k{number}: v" for number in range(MOST_NODES // 2 - 20)).encode(),
        f"more than {MOST_FAULTS} faults; no more of this file was read",
    ),
    "many-names": (
        HEAD + b"    when: {model.id: [" + b", ".join(b"gpt-%d-o" % n for n in range(50_000)) + b"]}\n",
        f"more than {MOST_FAULTS} faults; no more of this file was read",
    ),
    "deep-flow": (b"a: " + b"[" * 100_000, f"nested deeper than {DEEPEST_NESTING} levels; reading stopped here"),
    "deep-flow-mappings": (b"{a: " * 100_000, f"nested deeper than {DEEPEST_NESTING} levels; reading stopped here"),
    "deep-block": (b"a:\n  " + b"- " * 100_000 + b"b", f"nested deeper than {DEEPEST_NESTING} levels; reading"),
    "deep-block-mappings": (
        b"\n".join(b" " * depth + b"a:" for depth in range(3_000)),
        f"nested deeper than {DEEPEST_NESTING} levels; reading stopped here",
    ),
    "deep-keys": (b"? " * 100_000 + b"a", "a key must be a word"),
    "utf-16": (HEAD.decode().encode("utf-16"), "not UTF-8: byte 0xff at offset 0"),
    "utf-16-without-mark": (HEAD.decode().encode("utf-16-le"), "a control character, U+0000, which no text has"),
    "latin-1": (HEAD + "says: Weiß".encode("latin-1"), "not UTF-8: byte 0xdf at offset"),
    "nul": (HEAD + b"says: a\0b\n", "a control character, U+0000, which no text has"),
    "escape": (HEAD + b"says: \x1b[2J\n", "a control character, U+001B, which no text has"),
    "duplicate-key": (HEAD + b"by: halden\n", "the key stands twice; the first is in line 3"),
    "duplicate-keys": (b"a: b\n" * 100_000, f"more than {MOST_FAULTS} faults; no more of this file was read"),
    "tag": (b"a: !!python/object/apply:os.system [true]\n", "a tag (tag:yaml.org,2002:python/object/apply:os.system)"),
    "tag-with-an-escape": (b"a: !%1b%5b2J b\n", "a tag (!\N{REPLACEMENT CHARACTER}[2J) is not accepted here"),
    "two-documents": (HEAD + b"---\n" + HEAD, "a second document in one file; one file holds one document"),
    "ten-thousand-alternatives": (
        _alternatives(10_000),
        f"the alternatives multiply to 10000 cases; at most {MOST_ROWS} are read",
    ),
    "product-of-alternatives": (_product(12, 4), f"the alternatives multiply to {12**4} cases; at most"),
    "deep-alternatives": (_product(1, 9), "alternatives within alternatives, more than 4 deep"),
    "not-yaml": (b"a: {b", "not YAML: did not find expected ',' or '}'"),
    "empty": (b"", "the file is empty"),
    "comment-only": (b"# nothing\n", "the file is empty"),
    "list-at-the-top": (b"- a\n", "expected keys with values at the top of the file"),
    "word-at-the-top": (b"a\n", "expected keys with values at the top of the file"),
    "list-as-key": (b"? [a]\n: b\n", "a key must be a word"),
    "version-two": (b"%YAML 2.0\n---\na: b\n", "not YAML: found incompatible YAML document"),
}

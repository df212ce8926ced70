"""However a file is damaged, the terms load or say what is wrong; nothing else is ever raised."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.errors import Fault, TermsUnusable
from remit.terms.document import read_document
from remit.terms.folder import Files, read_terms
from tests.terms.test_fault import TEXTS

WORDS = re.compile(r"[^\s,:{}\[\]]+")
NASTY = (
    *("[]", "{}", "~", "''", "[[]]", "[{}]", "[~]", "{a: b}", "'*'", "**", "-1", "0.5", "1e9", "true", "no", "\\"),
    *("any", "not", "[any]", "{not: ~}", "{not: {}}", "{above: ~}", "{above: {}}", "9999-12-31T23:59:59-23:59"),
    *("policy", "order/stop", "halden", "{approvals: []}", "{approvals: {}}", "- a", "\n", "\t", "#", ": ", "&a", "!b"),
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, str]:
    """Put something else in the place of a word, or of a whole line, up to three times."""
    texts = dict(TEXTS)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(texts)))
        words = list(WORDS.finditer(texts[name])) + list(re.finditer("(?m)^.*\n", texts[name]))
        found = words[draw(st.integers(0, len(words) - 1))]
        text = draw(st.sampled_from(NASTY)) if draw(st.booleans()) else draw(st.text(max_size=4))
        texts[name] = texts[name][: found.start()] + text + texts[name][found.end() :]
    return texts


@settings(max_examples=4 * settings().max_examples, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damaged_terms_load_or_say_what_is_wrong(texts: dict[str, str]) -> None:
    files = {f"{name}.yaml": text.encode("utf-8", "replace") for name, text in texts.items()}
    register = files.pop("remit.yaml.yaml")
    faults = faults_in(Files(register, files, {}))
    assert faults != ()
    for fault in faults or ():
        assert fault.says
        assert all(line.isprintable() for line in str(fault).split("\n"))


def faults_in(files: Files) -> tuple[Fault, ...] | None:
    """Return the faults, of which there is at least one, or nothing where the terms load."""
    try:
        read_terms(files)
    except TermsUnusable as unusable:
        return unusable.faults
    return None


@given(st.binary() | st.text().map(str.encode) | st.text("ab:-,{}[]'\"\n #&*!|>?").map(str.encode))
def test_any_bytes_are_a_tree_or_faults(content: bytes) -> None:
    document = read_document("f", content)
    assert (document.root is None) <= (document.faults != [])

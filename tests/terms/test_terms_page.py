"""The page on the format: its examples load and come out as it says, and it leaves no key or word of the format out."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remit.errors import TermsUnusable
from remit.terms.attribute import ATTRIBUTES
from remit.terms.cases import read_cases, run_case
from remit.terms.clause import Verb
from remit.terms.document import read_document
from remit.terms.folder import Files, load_terms, read_terms
from remit.terms.instrument import VERBS, Kind
from remit.terms.schema import cases_schema, instrument_schema, register_schema
from remit.terms.signature import SignatureFault
from remit.terms.standing import State
from tests.house.console import ROOT

PAGE = (ROOT / "docs/terms.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```yaml\n# (?P<path>\S+\.yaml)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```sh\n(?P<line>.*?)\n```$", re.MULTILINE)
FILES = {found["path"]: found["body"] for found in BLOCK.finditer(PAGE)}
SIGNED = "instruments/halden-usage-policy.yaml"


def page_files(register: str = FILES["remit.yaml"]) -> Files:
    instruments = {path: text.encode() for path, text in FILES.items() if path.startswith("instruments/")}
    return Files(register.encode(), instruments, {})


def words_in_code() -> set[str]:
    code = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL))
    return set(code) | {word for text in code for word in re.findall(r"[\w.-]+", text)}


def test_the_examples_are_all_of_a_folder_and_none_is_shown_twice() -> None:
    assert len(FILES) == len(BLOCK.findall(PAGE))
    assert {path.split("/")[0] for path in FILES} == {"remit.yaml", "instruments", "cases"}
    assert {instrument.kind for instrument in read_terms(page_files()).instruments} == set(Kind)


def test_the_cases_of_the_page_come_out_as_it_says() -> None:
    terms = read_terms(page_files())
    document = read_document("cases/example.yaml", FILES["cases/example.yaml"].encode())
    cases = read_cases(document, terms)
    assert document.faults == []
    assert [(case.name, run_case(terms, case).differences) for case in cases] == [(case.name, ()) for case in cases]


def keys_of(schema: Any) -> Iterator[str]:
    """Every key that a schema knows, but those that are attributes."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for value in schema.values():
            yield from keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys_of(value)


@pytest.mark.parametrize("schema", [register_schema(), instrument_schema(), cases_schema()])
def test_every_key_of_the_format_is_on_the_page(schema: dict[str, Any]) -> None:
    assert set(keys_of(schema)) - words_in_code() == set()


def test_every_attribute_with_its_names_is_on_the_page() -> None:
    words = words_in_code()
    assert {attribute.ident for attribute in ATTRIBUTES} - words == set()
    assert {name for attribute in ATTRIBUTES for name in attribute.names} - words == set()


def test_every_state_verb_and_signature_fault_is_on_the_page() -> None:
    assert {*State, *Verb, *SignatureFault} - words_in_code() == set()


@pytest.mark.parametrize("kind", Kind)
def test_the_page_says_which_verbs_a_kind_has(kind: Kind) -> None:
    (row,) = re.findall(rf"^\| `{kind}` \|[^|]*\| ([^|]*) \|", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == {verb.value for verb in VERBS[kind]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the page with a key pinned, in whose place the commands of the page are run."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "KEY"], check=True)
    key = " ".join((tmp_path / "KEY.pub").read_text().split()[:2])
    row = "  - {id: halden, name: Halden, role: provider}\n"
    pinned = row.replace("}", f', keys: [{{key: "{key}", from: 2025-11-01}}]}}')
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text.replace(row, pinned))
    (tmp_path / "SIGNERS").write_text(f"halden {key}\n")
    (tmp_path / "instruments/halden-quayside-grant.yaml").unlink()
    return tmp_path


def run_line(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False)


def test_the_commands_of_the_page_sign_and_verify(folder: Path) -> None:
    sign, verify = SHELL.findall(PAGE)
    with pytest.raises(TermsUnusable, match="unsigned"):
        load_terms(folder)
    assert run_line(sign, folder).returncode == 0
    assert load_terms(folder).instruments
    assert run_line(verify, folder).returncode == 0
    with (folder / SIGNED).open("a") as stream:
        stream.write("# Changed.\n")
    with pytest.raises(TermsUnusable, match="signature bad"):
        load_terms(folder)
    assert run_line(verify, folder).returncode != 0


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ('[{{key: "{key}", from: 2025-11-01, until: 2025-11-20}}]', "signature expired"),
        ('[{{key: "{other}"}}]', "signature unknown"),
    ],
)
def test_a_signature_of_another_key_or_another_time_is_told_apart(keys: str, fault: str, folder: Path) -> None:
    assert run_line(SHELL.findall(PAGE)[0], folder).returncode == 0
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "OTHER"], check=True)
    key, other = (" ".join((folder / f"{name}.pub").read_text().split()[:2]) for name in ("KEY", "OTHER"))
    register = folder / "remit.yaml"
    before = re.search(r"keys: (\[\{.*?\}\])", register.read_text())
    assert before is not None
    register.write_text(register.read_text().replace(before[1], keys.format(key=key, other=other)))
    with pytest.raises(TermsUnusable, match=fault):
        load_terms(folder)

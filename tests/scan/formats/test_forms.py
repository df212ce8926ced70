"""What holds for every form: the limits stand in it, a secret never does, and the same input gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from remit.cli.main import main
from remit.scan.coverage import NOT_INQUIRED
from remit.scan.findings import schema
from remit.scan.formats.form import SUFFIXES, Form, form_of, write
from remit.scan.formats.inventory import Inventory
from remit.scan.run import scan_path
from tests.scan.formats.places import KEY, checked, make_tree, scanned

if TYPE_CHECKING:
    from remit.scan.findings import Findings

HARBOUR = Path(__file__).parents[3] / "examples" / "harbour"
FORMS = [pytest.param(form, id=form.value) for form in Form]


def plain(text: str) -> str:
    """Undo what a form does to a sign, so that words can be looked for."""
    return text.replace("&#x27;", "'").replace("\\u2019", "'")


@pytest.mark.parametrize("form", FORMS)
def test_where_nobody_looked_stands_in_every_form(form: Form, tmp_path: Path) -> None:
    text = plain(write(form, scanned(tmp_path)))
    assert [surface for surface, _ in NOT_INQUIRED if surface not in text] == []


@pytest.mark.parametrize("form", FORMS)
def test_an_incomplete_scan_says_so_in_every_form(form: Form, tmp_path: Path) -> None:
    whole = write(form, scanned(tmp_path))
    (tmp_path / "away").symlink_to("/nowhere/at/all")
    part = write(form, scanned(tmp_path))
    said = '"complete": false' if form is Form.JSON else "scan is incomplete"
    assert said in part
    assert said not in whole
    assert "symbolic link that leads nowhere" in part


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_found_on_the_way_stands_in_no_form(form: Form, tmp_path: Path) -> None:
    text = write(form, scanned(tmp_path))
    assert "ANTHROPIC_API_KEY" in text or form in {Form.TEXT, Form.MARKDOWN, Form.SPDX}
    assert KEY not in text
    assert "planted" not in text


@pytest.mark.parametrize("form", FORMS)
def test_the_same_place_gives_the_same_bytes(form: Form, tmp_path: Path) -> None:
    assert write(form, scanned(tmp_path)) == write(form, scanned(tmp_path))
    assert write(form, checked(HARBOUR)) == write(form, checked.__wrapped__(HARBOUR))


@pytest.mark.parametrize("form", FORMS)
def test_a_place_without_anything_has_every_form(form: Form, tmp_path: Path) -> None:
    make_tree(tmp_path, {"a.txt": "nothing\n"})
    assert write(form, Inventory((scan_path(tmp_path),)))


@pytest.mark.parametrize("form", FORMS)
def test_a_form_knows_of_the_history(form: Form, tmp_path: Path) -> None:
    found = history(scan_path(make_tree(tmp_path)))
    text = write(form, Inventory((found,)))
    assert "anthropic" in text.lower()
    assert "7" in text


def history(findings: Findings) -> Findings:
    from remit.scan.history import Trail

    return replace(findings, history=(Trail("anthropic", 7, (("trailer", 7),), ("0" * 40,)),))


def test_every_suffix_leads_to_its_form_and_the_longer_one_first() -> None:
    assert {suffix: form_of(f"out{suffix}") for suffix in SUFFIXES} == SUFFIXES
    assert form_of("out") is None
    assert set(SUFFIXES.values()) == set(Form)


def test_several_files_are_written_in_one_run_and_nothing_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_tree(tmp_path / "tree")
    names = [str(tmp_path / "out" / f"report{suffix}") for suffix in SUFFIXES]
    words = [word for name in names for word in ("--output", name)]
    assert main(["scan", str(tree), *words]) == 0
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(Path(name).name for name in names)
    for name in names:
        assert Path(name).read_text(encoding="utf-8")
        assert Path(name).stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask() -> int:
    import os

    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_an_ending_that_tells_no_form_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = make_tree(tmp_path / "tree")
    assert main(["scan", str(tree), "--output", str(tmp_path / "report")]) == 2
    assert capsys.readouterr().err.startswith("Nothing was written: the end of")
    assert main(["scan", str(tree), "--output", str(tmp_path / "report"), "--format", "sarif"]) == 0
    assert json.loads((tmp_path / "report").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert main(["scan", str(tree), "--timestamp", "noon"]) == 2


def test_several_places_are_one_joined_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = make_tree(tmp_path / "one"), make_tree(tmp_path / "two", {"a.py": "import openai\nopenai.OpenAI()\n"})
    assert main(["scan", str(one), str(other), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    jsonschema.validate(printed, schema())
    joined = printed["joined"]
    assert joined["places"] == 2
    assert set(joined["makers"]["openai"]["places"]) == {str(other)}
    assert joined["coverage"]["read"] == sum(printed[str(place)]["coverage"]["read"] for place in (one, other))


def test_rich_is_not_imported_for_a_pipe(tmp_path: Path) -> None:
    import subprocess
    import sys

    look = (
        "import sys; from remit.cli.main import main; code = main(sys.argv[1:]);"
        "print('rich' in sys.modules, file=sys.stderr); sys.exit(code)"
    )
    for form in ("text", "json"):
        ran = subprocess.run(
            [sys.executable, "-c", look, "scan", str(make_tree(tmp_path)), "--format", form],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert ran.stderr == "False\n"


@pytest.mark.parametrize("form", [form for form in Form if form not in {Form.CYCLONEDX, Form.HTML, Form.SPDX}])
def test_a_small_scan_without_terms_imports_nothing_that_it_has_no_use_for(tmp_path: Path, form: Form) -> None:
    import subprocess
    import sys

    spared = ["multiprocessing", "pathspec", "remit.terms.judge", "tarfile", "tempfile", "yaml", "zipfile"]
    look = (
        "import sys; from remit.cli.main import main; code = main(sys.argv[1:]);"
        f"print([name for name in {spared!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    place = str(make_tree(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-c", look, "scan", place, "--no-cache", "--format", form],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stderr == "[]\n"


def test_a_name_with_signs_for_the_terminal_is_shown_and_not_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tree(tmp_path, {"a\x1b[2Jb.py": "import anthropic\nanthropic.Anthropic()\n"})
    assert main(["scan", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\\x1b[2Jb.py" in printed


STRANGE = ("a\x1b[2Jb.py", "right\u202ename.py", "line\nbreak.py", "c1\x9b31m.py", "=1+1.py", "sep\u2028x.py")


@pytest.mark.parametrize("form", FORMS)
def test_no_sign_of_a_name_acts_on_who_reads_it(form: Form, tmp_path: Path) -> None:
    make_tree(tmp_path, dict.fromkeys(STRANGE, "import anthropic\nanthropic.Anthropic()\n"))
    text = write(form, Inventory((scan_path(tmp_path),)))
    assert [sign for sign in text if not sign.isprintable() and sign not in "\n\u2019"] == []


@pytest.mark.parametrize("form", FORMS)
def test_what_only_speaks_a_protocol_is_told_in_every_form(form: Form, tmp_path: Path) -> None:
    make_tree(tmp_path, {"app.py": "import openai\nopenai.OpenAI(base_url='http://localhost:8000/v1')\n"})
    found = scan_path(tmp_path)
    assert found.traces
    text = plain(write(form, Inventory((found,)))).replace("\\", "")
    if form is Form.JSON:
        (record,) = json.loads(text).values()
        jsonschema.validate({"tree": record}, schema())
        assert [trace["relation"] for trace in record["traces"]] == ["protocol-compatible-only"]
    else:
        assert "protocol-compatible-only: app.py:" in text


@pytest.mark.parametrize("form", [Form.TEXT, Form.MARKDOWN, Form.HTML, Form.JSON, Form.SARIF, Form.CYCLONEDX])
def test_the_steps_to_a_default_are_told(form: Form, tmp_path: Path) -> None:
    make_tree(tmp_path, {
        "aliases.py": 'ALIASES = {"sonnet": "claude-sonnet-4-5", "mini": "gpt-4o-mini"}\n',
        "settings.yaml": "default-model: sonnet\n",
        "app.py": "import litellm\n",
    })  # fmt: skip
    (found,) = (each for each in scan_path(tmp_path).integrations if each.chain)
    text = plain(write(form, Inventory((scan_path(tmp_path),))))
    assert [path for path, _, _ in found.chain if path not in text] == []


def test_every_form_counts_alike(tmp_path: Path) -> None:
    inventory = scanned(tmp_path)
    (found,) = inventory.findings
    read, present = found.coverage.read, found.coverage.present
    for form in Form:
        text = write(form, inventory).replace("\n", " ")
        told = (f"{read} of {present} file", f'"present": {present}', f"present,tree,,,,,,,,,,,{present}")
        named = ('"remit:present"', f"present: {present}")
        assert any(each in text for each in (*told, *named)), form
        assert str(len(found.dismissed)) in text

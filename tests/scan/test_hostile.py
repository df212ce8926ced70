"""Whatever lies in a tree, a scan ends, nothing stops it, its counts add up, and it prints no secret."""

from __future__ import annotations

import os
import random
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.cli.main import main
from remit.scan.coverage import Coverage
from remit.scan.folder import Folder
from remit.scan.formats.form import Form, write
from remit.scan.formats.inventory import Inventory
from remit.scan.run import scan_path
from tests.scan.sources import CALL, git, tar, write_files, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CASES = [
    {name: text.encode() for name, text in case["files"].items()}
    for file in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]
LONGEST = 30
"""Seconds that a scan of one small tree may take."""
SECRETS = {
    "sk-ant-api03-planted": "ANTHROPIC_API_KEY=sk-ant-api03-planted-{}\n",
    "sk-proj-planted": 'client = openai.OpenAI(api_key="sk-proj-planted-{}")\n',
    "AIzaplanted": 'genai.configure(api_key="AIzaplanted{}")\n',
    "hf_planted": 'login(token="hf_planted{}")\n',
    "ghp_planted": "url: https://ghp_planted{}@api.openai.com/v1\n",
    "Bearer planted": 'curl -H "Authorization: Bearer planted{}" https://api.anthropic.com/v1/messages\n',
}


@contextmanager
def in_time() -> Iterator[None]:
    """Raise where something takes too long."""

    def late(*_: object) -> None:
        raise TimeoutError(f"it took more than {LONGEST} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def add_up(found: dict[str, Any]) -> bool:
    coverage = found["coverage"]
    skipped = sum(row["files"] for row in coverage["skipped"].values())
    return bool(coverage["present"] == coverage["read"] + skipped)


MUTATIONS: tuple[Callable[[bytes, int, random.Random], bytes], ...] = (
    lambda data, at, _: data[:at],
    lambda data, at, chance: data[:at] + bytes(chance.randrange(256) for _ in range(20)) + data[at:],
    lambda data, at, chance: data[:at] + chance.choice([b'"', b"'", b"`", b"{", b"(", b"<!--", b"/*"]) + data[at:],
    lambda data, _, chance: data * chance.randrange(2, 30),
    lambda data, at, chance: data[:at] + chance.choice([b"[", b"{", b"(", b"- ", b"  ", b"<a>"]) * 2_000 + data[at:],
    lambda data, _, chance: data.decode("utf-8", "replace").encode(chance.choice(["utf-16", "utf-16-le", "utf-32"])),
    lambda data, _, chance: data.replace(b"\n", chance.choice([b"\r\n", b"\r", b" ", b"\0"])),
    lambda data, _, chance: zipped({"a.py": data}) if chance.randrange(2) else tar({"a.py": data}, ".gz"),
    lambda data, _, __: data[::-1],
    lambda _, __, ___: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    lambda data, at, _: data[:at] + b"\xff\xfe\0" + data[at:],
)
"""What accidents and enemies do to the bytes of a file, at some place in it."""
FOLDERS = ["", "", "", os.fsdecode(b"\xff/"), "é\u202e/", "a b/", "x\n/", "d/" * 40]


def grow(root: Path, chance: random.Random) -> int:
    """Write a tree of a few cases, mutated, with links and strange names; return how many entries it has."""
    entries = 0
    for _ in range(chance.randrange(1, 4)):
        for name, data in chance.choice(CASES).items():
            path = root / (chance.choice(FOLDERS) + name)
            above = [each for each in path.parents if each.is_relative_to(root)]
            if os.path.lexists(path) or any(os.path.lexists(each) and not each.is_dir() for each in above):
                continue
            if any(each.is_symlink() for each in above):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            place(path, data, chance)
            entries += 1
    if chance.randrange(4) == 0:
        (root / ".git").mkdir(exist_ok=True)
        (root / ".git" / "HEAD").write_bytes(b"\0" * chance.randrange(50))
    return entries


def place(path: Path, data: bytes, chance: random.Random) -> None:
    """Write one entry: a link, a pipe, or a file that is mostly not what it was."""
    kind = chance.randrange(12)
    if kind == 0:
        path.symlink_to(chance.choice([".", "..", "/dev/zero", "nowhere", path.name]))
    elif kind == 1:
        os.mkfifo(path)
    else:
        changed = chance.choice(MUTATIONS)(data, chance.randrange(len(data) + 1), chance)
        path.write_bytes(changed if kind < 9 else data)


@settings(
    max_examples=1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_a_mutated_tree_stops_nothing_and_is_counted(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("mutated") / "tree"
    root.mkdir()
    entries = grow(root, random.Random(seed))  # noqa: S311 - drawn alike for a seed.
    with in_time():
        findings = scan_path(root)
    record = findings.as_json()
    assert add_up(record)
    assert record["coverage"]["present"] == entries
    for form in Form:
        assert write(form, Inventory((findings,)))
    shutil.rmtree(root)


@pytest.mark.parametrize("form", list(Form))
def test_planted_secrets_stand_in_no_form(form: Form, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        ".env": SECRETS["sk-ant-api03-planted"],
        "app.py": "import openai\nimport google.generativeai as genai\n"
        + SECRETS["sk-proj-planted"] + SECRETS["AIzaplanted"] + SECRETS["hf_planted"],
        "settings.yaml": SECRETS["ghp_planted"],
        "run.sh": SECRETS["Bearer planted"],
    }  # fmt: skip
    write_files(tmp_path, {name: text.replace("{}", "AbCdEf0123456789").encode() for name, text in files.items()})
    assert main(["scan", str(tmp_path), "--format", form.value]) == 0
    printed = capsys.readouterr()
    assert [mark for mark in SECRETS if mark in printed.out + printed.err] == []
    assert "AbCdEf0123456789" not in printed.out


def test_a_large_file_costs_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "large.py").open("wb") as stream:
        stream.write(CALL)
        stream.truncate(100 * 1024 * 1024)
    found = scan_path(tmp_path)
    assert found.makers == {}
    assert found.coverage.skipped == {"larger than the limit": ["large.py"]}
    assert not found.coverage.is_complete


def test_a_file_that_grows_while_it_is_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "grows.txt").write_bytes(b"x" * 100)
    small = os.stat_result((0o100644, 1, 1, 1, 0, 0, 5, 0, 0, 0))
    whole = Path.stat
    monkeypatch.setattr(Path, "stat", lambda self, **_: small if self.name == "grows.txt" else whole(self))
    coverage = Coverage()
    assert list(Folder(tmp_path, limit=10).readings(coverage)) == []
    assert coverage.skipped == {"larger than the limit": ["grows.txt"]}


def test_deep_folders_end(tmp_path: Path) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(700):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    file = os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=place)
    os.write(file, CALL)
    os.close(file)
    os.close(place)
    found = scan_path(tmp_path)
    assert found.coverage.present == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("min.json", b'{"a":[' + b'{"model":"claude-3-opus-20240229","x":1},' * 10_000 + b"0]}"),
        ("nest.json", b'{"model":' + b"[" * 50_000 + b'"claude-3-opus-20240229"' + b"]" * 50_000 + b"}"),
        ("parens.py", b"import anthropic\n" + b"f(" * 20_000 + b'"claude-3-opus-20240229"'),
        ("ticks.ts", b'import Anthropic from "@anthropic-ai/sdk"\n' + b"`${" * 50_000),
        ("key.env", b"ANTHROPIC_API_KEY=" + b"A" * 500_000),
        ("list.go", b"// claude\n" * 50_000),
        ("stars.js", b"/*" * 200_000 + b"anthropic"),
        ("package.json", b'{"dependencies":{' + b'"openai":"1",' * 20_000),
        ("steps.yaml", b"".join(b" " * depth + b"model:\n" for depth in range(800)) + b" " * 801 + b"claude-3-opus"),
        ("cells.ipynb", b'{"cells":[' + b'{"cell_type":"code","source":["import anthropic\\n"]},' * 18_000 + b"{}]}"),
        ("quotes.py", b"import anthropic\n" + b'"' * 1_000_000),
        ("spaces.yaml", b"run: claude -p x\n" + b" " * 1_000_000 + b"claude"),
        ("spaces.sh", b"claude -p x\n" + b" " * 1_000_000 + b"; claude"),
        ("pom.xml", b"<artifactId>anthropic</artifactId>" + b"<dependency>" * 80_000),
        ("blank.go", b"// anthropic\n" + b"\n" * 1_000_000),
        ("Dockerfile", b"FROM ollama/ollama\n" + b"\n" * 1_000_000),
        ("open.hs", b"-- anthropic\n" + b"{ -" * 10 + b"{-" * 500_000),
        ("from.py", b"import anthropic\n" + b"from a import (\n" * 60_000),
        ("blank.kt", CALL + b"\n" * 1_000_000),
        ("dots.env", b"anthropic." * 100_000),
        ("go.mod", b"// anthropic\n" + b"a." * 500_000),
        ("pyproject.toml", b"# anthropic\n" + b"[" * 1_000_000),
        ("import.ts", b'import Anthropic from "@anthropic-ai/sdk"\nimport a' + b" " * 1_000_000),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_made_to_cost_time_does_not(name: str, data: bytes, tmp_path: Path) -> None:
    write_files(tmp_path, {name: data, "use.py": CALL})
    with in_time():
        assert add_up(scan_path(tmp_path).as_json())


def test_a_module_named_in_another_encoding_stops_nothing(tmp_path: Path) -> None:
    write_files(tmp_path, {"go.mod": b"module example.org/caf\xe9\n", "use.py": CALL})
    assert list(scan_path(tmp_path).makers) == ["anthropic"]


def test_a_line_ends_where_an_editor_ends_it(tmp_path: Path) -> None:
    """A form feed, as old sources have between their parts, begins no line, whichever way the imports are read."""
    write_files(tmp_path, {"a.py": b"x = 1\x0c\x1c\x85\nprint 1\nimport anthropic\n"})
    (found,) = scan_path(tmp_path).integrations
    assert found.files == (("a.py", (3,)),)


@pytest.mark.parametrize("broken", ["HEAD", "objects", "everything", "a file"])
def test_a_broken_git_folder_is_told(broken: str, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write_files(tmp_path, {"a.py": CALL})
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "one")
    folder = tmp_path / ".git"
    if broken == "HEAD":
        (folder / "HEAD").write_bytes(b"\0\xff")
    elif broken == "objects":
        shutil.rmtree(folder / "objects")
    else:
        shutil.rmtree(folder)
        if broken == "a file":
            folder.write_text("gitdir: /nowhere\n", encoding="utf-8")
    found = scan_path(tmp_path)
    assert list(found.makers) == ["anthropic"]
    assert found.coverage.history.startswith(("git failed", "no git directory", "no commits"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can become somebody else")
def test_what_somebody_else_may_not_read_is_counted(tmp_path: Path) -> None:
    write_files(tmp_path, {"open.py": CALL, "shut.py": CALL, "folder/a.py": CALL})
    for path in (tmp_path, *tmp_path.parents):
        path.chmod(path.stat().st_mode | 0o055)
        if path.name.startswith("pytest-of-"):
            break
    (tmp_path / "shut.py").chmod(0)
    (tmp_path / "folder").chmod(0)
    read, sent = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setresuid(65_534, 65_534, 65_534)
            coverage = Coverage()
            list(Folder(tmp_path).readings(coverage))
            os.write(sent, repr((coverage.read, sorted(coverage.skipped.get("unreadable", [])))).encode())
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)
    os.close(sent)
    assert os.read(read, 1_000) == b"(1, ['folder/', 'shut.py'])"
    os.close(read)
    (tmp_path / "folder").chmod(0o755)

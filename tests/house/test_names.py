"""What is handed outward is a list, and the list is true."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import remit
from tests.house.console import ROOT

FACES = sorted(".".join(path.parent.relative_to(ROOT / "src").parts) for path in (ROOT / "src").rglob("__init__.py"))


@pytest.mark.parametrize("name", FACES)
def test_the_public_names_are_the_list(name: str) -> None:
    face = import_module(name)
    listed = list(getattr(face, "__all__", []))
    assert listed == sorted(listed)
    assert [missing for missing in listed if not hasattr(face, missing)] == []
    given = {
        key
        for key, value in vars(face).items()
        if not key.startswith("_") and not isinstance(value, ModuleType) and key not in {"annotations", "TYPE_CHECKING"}
    }
    assert given <= set(listed), "a name is handed outward that the list leaves out"


def test_importing_remit_imports_nothing_else_of_it() -> None:
    look = "import sys, remit; print([name for name in sys.modules if name.startswith('remit.')])"
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_the_version_is_one_that_the_changelog_knows() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(remit.__version__)}\b", changelog, re.MULTILINE)


def test_ci_calls_only_targets_that_a_reader_of_the_readme_can_call() -> None:
    called = targets_in(ROOT / ".ci/run")
    assert {"test", "check"} <= called
    assert called <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("README.md does not stand yet")
    assert called <= targets_in(readme)


def targets_in(path: Path) -> set[str]:
    calls = re.findall(r"\bmake((?: [a-z-]+)+)", path.read_text(encoding="utf-8"))
    return {target for call in calls for target in call.split()}

"""What a file is for within its tree, judged by its place and name alone."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePosixPath


class Part(Enum):
    """What a file is for."""

    CODE = "code"
    TEST = "test"
    EXAMPLE = "example"
    DOCUMENTATION = "documentation"
    MANIFEST = "manifest"
    LOCK = "lock"
    CONFIG = "config"
    CI = "ci"
    INFRASTRUCTURE = "infrastructure"
    DATA = "data"
    AGENT_FILE = "agent-file"
    VENDORED = "vendored"
    GENERATED = "generated"


_VENDORED = {"node_modules", "vendor", "vendors", "third_party", "third-party", "thirdparty", "bower_components",
             "site-packages", ".venv", "venv", "pods", "deps", "_vendor", "external"}  # fmt: skip
_GENERATED = {"dist", "build", "out", ".next", "__generated__", "generated", "gen", "target"}
_TESTS = {"test", "tests", "__tests__", "spec", "specs", "testing", "e2e", "testdata", "test_data", "test-data",
          "fixtures", "__fixtures__", "cassettes", "__snapshots__", "snapshots", "mocks", "__mocks__",
          "integration_tests", "unit_tests", "evals"}  # fmt: skip
_EXAMPLES = {"example", "examples", "sample", "samples", "demo", "demos", "cookbook", "cookbooks", "tutorial",
             "tutorials", "playground", "quickstart", "quickstarts", "example-apps"}  # fmt: skip
_DOMAINS = {"com", "org", "net", "io", "dev"}
_READ = (".md", ".mdx", ".rst", ".adoc")
_DOCS = {"doc", "docs", "documentation", "website", "wiki", "man"}
_LOCKS = {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb",
          "uv.lock", "poetry.lock", "pdm.lock", "pipfile.lock", "cargo.lock", "go.sum", "composer.lock",
          "gemfile.lock", "mix.lock", "packages.lock.json", "pubspec.lock", "podfile.lock", "package.resolved",
          "gradle.lockfile", "flake.lock", "deno.lock", "conda-lock.yml", "pixi.lock", "renv.lock",
          "requirements.lock", "manifest.toml", "pylock.toml", "go.work.sum"}  # fmt: skip
_MANIFESTS = {"package.json", "pyproject.toml", "setup.py", "setup.cfg", "pipfile", "environment.yml",
              "environment.yaml", "go.mod", "cargo.toml", "composer.json", "gemfile", "mix.exs", "pom.xml",
              "build.gradle", "build.gradle.kts", "build.sbt", "pubspec.yaml", "package.swift", "deno.json",
              "description", "project.toml", "packages.config", "directory.packages.props", "libs.versions.toml",
              "conanfile.txt", "deps.edn", "project.clj", "podfile", "bower.json", "meta.yaml"}  # fmt: skip
_WHOLE = {"libs.versions.toml", "directory.packages.props", "description", "meta.yaml", "packages.config"}
"""Manifests that speak for more than their folder, or whose name means other things too."""
_CI_NAMES = {".gitlab-ci.yml", ".travis.yml", "azure-pipelines.yml", "azure-pipelines.yaml", "jenkinsfile",
             "bitbucket-pipelines.yml", ".drone.yml", "cloudbuild.yaml", "appveyor.yml", ".cirrus.yml"}  # fmt: skip
_TEST_NAME = re.compile(
    r"^(test_.*|tests?|conftest)\.\w+$|_(test|tests|spec)\.\w+$|[.-](test|tests|spec|e2e|stories)\.\w+$|(?<=[a-z0-9])(Test|Tests|Spec|IT|TestCase)\.\w+$|\.bats$",
)
_FORM = re.compile(
    r"(?:^|/)\.(?:github|gitlab|gitea|forgejo)/(?:issue|discussion|pull_request|merge_request)_templates?/",
    re.IGNORECASE,
)
"""Forms for people to fill in when they open an issue."""
_BUNDLE = re.compile(
    r"(?:^|(?<=/))(?P<made>(?:dist|build|out|public|static|assets|_next|www)/(?:.*/)?[\w.\-]*"
    r"(?:[-.](?=\w*[A-Z\d])\w{8,}|\.min|bundle|\.chunk)\.[mc]?js$|(?:dist|out)/[\w.\-]+\.[mc]?js$)"
)
_STAND_IN = re.compile(r"[._-]mocks?\.\w+$")
_TEST_FOLDER = re.compile(r"[._-](tests?|specs?|e2e)$|^(tests?|specs?)[._-]|(?<=[a-z])Tests?$")
_REQUIREMENTS = re.compile(r"^(.*[._-])?(requirements|constraints)([._-].*)?\.(txt|in|pip)$")
_TEST_REQUIREMENTS = re.compile(r"dev|test|lint|doc|ci\b")
_FOR_PEOPLE = {"component", "style", "quarto", "xml", "yaml", "json", "toml", "ini"}
_CHART = re.compile(r"(^|/)(charts?|templates)/.*\.ya?ml$")
_PAPERS = {"license", "licence", "copying", "notice", "authors", "contributors", "codeowners", "maintainers",
           "changelog", "changes", "readme", "history", "news", "citation.cff", "todo"}  # fmt: skip


def part_of(path: str, language: str) -> Part:
    """Say what a file is for; the outermost reason to set it apart wins."""
    pure = PurePosixPath(path)
    name = pure.name.lower()
    folders = _lowered(pure)
    if not _VENDORED.isdisjoint(folders):
        return Part.VENDORED
    if name in _LOCKS:
        return Part.LOCK
    if _FORM.search(path):
        return Part.DOCUMENTATION
    if _is_ci(path, name):
        return Part.DOCUMENTATION if name.endswith(_READ) and _is_read(name.rsplit(".", 1)[0]) else Part.CI
    if _is_test(pure, folders):
        return Part.DOCUMENTATION if name.endswith(_READ) else Part.TEST
    if _is_example(folders):
        return Part.DOCUMENTATION if language == "text" and not _REQUIREMENTS.match(name) else Part.EXAMPLE
    if name in _MANIFESTS or _REQUIREMENTS.match(name) or name.endswith((".csproj", ".fsproj", ".gemspec", ".cabal")):
        return Part.MANIFEST
    return _by_kind(path, name, folders, language)


def _is_read(stem: str) -> bool:
    """Say whether a text among what a host runs is only read: a paper, or what a coding agent is told."""
    return stem in _PAPERS or re.split(r"[-._]", stem)[-1] == "instructions"


def _is_example(folders: list[str]) -> bool:
    """Say whether a folder's last word is that of examples; the package that a demonstration is in says nothing."""
    for number, folder in enumerate(folders):
        within = number and folders[number - 1] in _DOMAINS
        if not within and (folder in _EXAMPLES or re.split(r"[-_. ]", folder)[-1] in _EXAMPLES):
            return True
    return False


def _is_ci(path: str, name: str) -> bool:
    return path.startswith((".github/", ".circleci/", ".buildkite/", ".woodpecker/", ".gitlab/", ".forgejo/")) or (
        "/.github/" in path or name in _CI_NAMES
    )


def _is_test(pure: PurePosixPath, folders: list[str]) -> bool:
    return (
        not _TESTS.isdisjoint(folders)
        or folders[:1] in (["bench"], ["benchmark"], ["benchmarks"])
        or _TEST_NAME.search(pure.name) is not None
        or _STAND_IN.search(pure.name) is not None
        or any(_TEST_FOLDER.search(folder) for folder in pure.parts[:-1])
    )


def is_named_test(path: str) -> bool:
    """Say whether a file is a test by its own name alone, and not by any folder it stands in."""
    pure = PurePosixPath(path)
    return _TEST_NAME.search(pure.name) is not None and not _is_test(pure.with_name("x"), _lowered(pure))


def _lowered(pure: PurePosixPath) -> list[str]:
    return [folder.lower() for folder in pure.parts[:-1]]


def _by_kind(path: str, name: str, folders: list[str], language: str) -> Part:
    stem = name.rsplit(".", 1)[0]
    if language == "text" or stem in _PAPERS or name in _PAPERS:
        return Part.DATA if name.endswith((".csv", ".tsv", ".log")) else Part.DOCUMENTATION
    if language == "quarto":
        return Part.EXAMPLE if not _DOCS.isdisjoint(folders) else Part.CODE
    if not _DOCS.isdisjoint(folders):
        return Part.DOCUMENTATION if language in _FOR_PEOPLE else Part.EXAMPLE
    if (
        ".min." in name
        or not _GENERATED.isdisjoint(folders[:1])
        or name.endswith(("_pb2.py", ".pb.go", ".g.cs", ".g.dart"))
    ):
        return Part.GENERATED
    if language in {"hcl", "bicep", "dockerfile"} or _CHART.search(path) or ("compose" in name and language == "yaml"):
        return Part.INFRASTRUCTURE
    if language in {"json", "yaml", "toml", "ini", "env", "xml"}:
        return Part.CONFIG
    return Part.CODE


def made_from(path: str) -> str | None:
    """The folder in which the sources of a bundle would stand; nothing where a file is no bundle by name and place."""
    found = _BUNDLE.search(path)
    return None if found is None else path[: found.start("made")]


def is_unit(path: str) -> bool:
    """Say whether a file makes its folder a part of the tree that is built for itself."""
    name = path.rsplit("/", 1)[-1].lower()
    return name in _MANIFESTS - _WHOLE or name.endswith((".csproj", ".fsproj", ".gemspec", ".cabal"))


def is_for_development(path: str) -> bool:
    """Say whether a list of requirements is for tests or development, by its name."""
    name = PurePosixPath(path).name.lower()
    return bool(_REQUIREMENTS.match(name)) and bool(_TEST_REQUIREMENTS.search(name))

"""Which language a file is written in, by its name and, without an ending, by its first line."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_ENDINGS = {
    "python": "py pyi pyw pyx",
    "script": "js mjs cjs jsx ts mts cts tsx",
    "component": "vue svelte astro html htm xhtml cshtml razor erb ejs hbs jinja j2 njk liquid mustache gohtml tmpl",
    "go": "go",
    "java": "java",
    "kotlin": "kt kts",
    "scala": "scala sc sbt",
    "groovy": "groovy gradle",
    "csharp": "cs csx fs fsx vb",
    "rust": "rs",
    "ruby": "rb rake gemspec ru",
    "php": "php phtml",
    "elixir": "ex exs heex",
    "swift": "swift",
    "dart": "dart",
    "cpp": "c h cc cpp cxx hpp hh m mm cu",
    "shell": "sh bash zsh fish ksh bats",
    "powershell": "ps1 psm1 psd1",
    "r": "r",
    "julia": "jl",
    "lua": "lua",
    "perl": "pl pm",
    "clojure": "clj cljs cljc edn",
    "haskell": "hs",
    "sql": "sql",
    "hcl": "tf tfvars hcl",
    "bicep": "bicep",
    "json": "json jsonc json5 webmanifest code-workspace geojson jsonl ndjson",
    "yaml": "yaml yml",
    "toml": "toml",
    "ini": "ini cfg conf properties editorconfig",
    "env": "env envrc",
    "xml": "xml csproj fsproj vbproj props targets config resx plist nuspec axaml xaml svg",
    "notebook": "ipynb",
    "text": "md mdx mdc markdown rst adoc txt org tex rtf log csv tsv po pot srt vtt",
    "quarto": "qmd rmd livemd",
    "nix": "nix",
    "proto": "proto graphql gql",
    "style": "css scss sass less styl",
}
PROGRAMS = frozenset(_ENDINGS) - {
    "json", "yaml", "toml", "ini", "env", "xml", "text", "quarto", "notebook", "sql", "hcl", "bicep", "nix", "proto",
    "style",
}  # fmt: skip
"""The languages in which programs are written, as against settings, tables and prose."""
BY_ENDING = {ending: language for language, endings in _ENDINGS.items() for ending in endings.split()}
_NAMES = {
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "modelfile": "dockerfile",
    "makefile": "make",
    "justfile": "make",
    "procfile": "shell",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "podfile": "ruby",
    "pipfile": "toml",
    "jenkinsfile": "groovy",
    "go.mod": "gomod",
    "go.sum": "text",
    "package.swift": "swift",
    "uv.lock": "toml",
    "poetry.lock": "toml",
    "pdm.lock": "toml",
    "cargo.lock": "toml",
    "yarn.lock": "text",
    "composer.lock": "json",
    "gemfile.lock": "text",
    "mix.lock": "elixir",
    "pipfile.lock": "json",
    "bun.lock": "json",
    ".gitignore": "text",
    ".dockerignore": "text",
    ".npmrc": "ini",
    ".bashrc": "shell",
    ".profile": "shell",
}
_RULES = re.compile(r"\.\w+(?:rules|hints|instructions)")
"""What a coding agent is told in a file of its own: prose, whatever code it shows."""
_SHEBANGS = ("python", "node", "deno", "bun", "bash", "zsh", "fish", "ruby", "php", "perl", "elixir", "pwsh", "sh")
_OF_SHEBANG = {"node": "script", "deno": "script", "bun": "script", "bash": "shell", "zsh": "shell",
               "fish": "shell", "sh": "shell", "pwsh": "powershell"}  # fmt: skip


def language_of(path: str, head: bytes) -> str:
    """Name the language of a file; the empty name means that nothing is known of it."""
    name = PurePosixPath(path).name.lower()
    if name in _NAMES:
        return _NAMES[name]
    if _RULES.fullmatch(name):
        return "text"
    if name.startswith((".env", "env.")) or name.endswith((".env", "_env")) or ".env." in name:
        return "env"
    for start, language in (("dockerfile", "dockerfile"), ("containerfile", "dockerfile"), ("makefile", "make")):
        if name.startswith(start) or name.endswith(f".{start}"):
            return language
    while "." in name:
        ending = name.rsplit(".", 1)[1]
        if ending in BY_ENDING:
            return BY_ENDING[ending]
        if ending not in {"example", "sample", "template", "tpl", "dist", "bak", "orig", "in", "local", "default"}:
            return ""
        name = name.rsplit(".", 1)[0]
    return _by_first_line(head)


def _by_first_line(head: bytes) -> str:
    if not head.startswith(b"#!"):
        return ""
    first = head.split(b"\n", 1)[0].decode("latin-1")
    for word in _SHEBANGS:
        if word in first:
            return _OF_SHEBANG.get(word, word)
    return ""

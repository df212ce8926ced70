"""What the scan needs of the catalogue: names in, makers out.

The catalogue is data (`remit/catalogue/*.yaml`, one row a line). Nothing here knows a maker by name.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from remit.scan.literals import Sieve
from remit.scan.words import SLOTS, parts_of
from remit.terms.table import TABLES, Row, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable


CRAWLERS = frozenset({"gptbot", "claudebot", "claude-web", "ccbot", "bytespider", "anthropic-ai", "google-extended",
                      "perplexitybot", "chatgpt-user", "oai-searchbot", "claude-user", "claude-searchbot", "amazonbot",
                      "applebot-extended", "meta-externalagent", "cohere-ai"})  # fmt: skip
"""Names of crawlers: two of them together make a list for or against crawlers, not a use of models."""
_ECOSYSTEMS = {
    "python": "pypi", "pip": "pypi", "javascript": "npm", "node": "npm", "crates": "cargo", "crates.io": "cargo",
    "rust": "cargo", "ruby": "gem", "rubygems": "gem", "gems": "gem", "php": "composer", "packagist": "composer",
    "elixir": "hex", "dart": "pub", "dotnet": "nuget", "java": "maven", "golang": "go", "r": "cran",
    "github-action": "actions", "github-actions": "actions", "githubactions": "actions", "action": "actions",
    "oci": "docker", "container": "docker", "dockerhub": "docker", "spm": "swift", "swiftpm": "swift",
    "luarocks": "lua", "conda-forge": "conda",
}  # fmt: skip


_SHORT_WORD = 8
MAJOR = re.compile(r"/v\d+(?=/|$)")
"""A major version inside the path of a module of Go, which names the same packages as any other."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way by which a model is reached."""

    ident: str
    kind: str
    operator: str
    unknown: str
    """Whose model it is taken for when the place does not say."""
    reported: str
    """The name under which the channel itself is reported; empty when it is not."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that reaches models."""

    ecosystem: str
    name: str
    kind: str
    maker: str
    channel: str
    imports: tuple[str, ...]
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """An address at which a service answers; a star stands for a label or a part of one."""

    name: str
    path: str
    maker: str
    channel: str

    def is_at(self, name: str) -> bool:
        """Say whether a name, with or without its port, is this address."""
        return _host_pattern(self.name).fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Variable:
    """A name of the environment that belongs to a maker or channel."""

    name: str
    kind: str
    maker: str
    channel: str
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A family of models, known by how the ids begin."""

    family: str
    maker: str
    licence: str
    weights: str


@dataclass(frozen=True, slots=True)
class Agent:
    """A coding agent and the traces it leaves."""

    ident: str
    maker: str
    name: str
    files: tuple[str, ...]
    commands: tuple[str, ...]
    emails: tuple[str, ...]
    authors: tuple[str, ...]
    names: tuple[str, ...]
    lines: tuple[str, ...]
    links: tuple[str, ...]


@dataclass(frozen=True)
class Signatures:
    """Every table of the catalogue, indexed for looking up."""

    tables: dict[str, list[Row]] = field(repr=False)
    own: dict[str, list[Row]] = field(default_factory=dict, repr=False)
    """The rows among them that are an organisation's own."""

    def with_own(self, own: dict[str, list[Row]]) -> Signatures:
        """The same with an organisation's own rows beside ours."""
        tables = {table: [*rows, *own.get(table, ())] for table, rows in self.tables.items()}
        return Signatures(tables, own) if own else self

    @cached_property
    def words(self) -> dict[str, str]:
        """Each word that names a maker in prose or code, in lower case."""
        return {_text(word).lower(): row["id"] for row in self.tables["makers"] for word in _many(row.get("words"))}

    @cached_property
    def keys(self) -> dict[str, str]:
        """Each name of the environment that is one maker's, in lower case, as settings and columns write it too."""
        found = {name.lower(): row.maker for name, row in self.variables.items() if row.maker and not row.ambiguous}
        return {name: maker for name, maker in found.items() if self.words_of(maker) & set(name.split("_"))}

    def words_of(self, maker: str) -> frozenset[str]:
        """The words of one maker or reported channel."""
        return self._words_by_maker.get(maker) or frozenset({maker.removeprefix("other:")})

    @cached_property
    def _words_by_maker(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for word, maker in self.words.items():
            found.setdefault(maker, set()).add(word)
        return {maker: frozenset(words) for maker, words in found.items()}

    @cached_property
    def class_words(self) -> dict[str, str]:
        """Words by which the name of a class, a function or a key shows its maker, joined and in lower case."""
        joined = {re.sub(r"[^a-z0-9]", "", word): maker for word, maker in self.words.items()}
        return {
            word: maker
            for word, maker in joined.items()
            if len(word) > 2 and not any(word.startswith(cloud) for cloud in self.clouds)  # noqa: PLR2004
        }

    def makers_in(self, name: str) -> tuple[str, ...]:
        """The makers whose words a name joins, whichever way: `AwsBedrockAnthropicResponse`."""
        if name not in self._joined:
            parts = parts_of(name)
            joined = ("".join(parts[at:end]) for at in range(len(parts)) for end in range(at + 1, at + 5))
            known = self.class_words
            self._joined[name] = tuple(dict.fromkeys(known[word] for word in joined if word in known))
        return self._joined[name]

    @cached_property
    def _joined(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def scope_words(self) -> frozenset[str]:
        """Words by which a part shows that it serves one maker or channel among several."""
        named = {name for name, channel in self.channels.items() if channel.reported or channel.kind == "cloud"}
        channels = {re.sub(r"[^a-z0-9]", "", name) for name in named}
        makers = {maker.removeprefix("other:").replace("-", "") for maker in self.makers} - {"meta"}
        families = {part for part, _ in self.fragments if part.isalpha()}
        return frozenset(self.class_words) | makers | families | channels - {"direct", "local"} | {"aws", "gcp"}

    @cached_property
    def cloud_words(self) -> frozenset[str]:
        """Those of them by which a part shows no more than the cloud it asks."""
        joined = {re.sub(r"[^a-z0-9]", "", name) for name in self.clouds}
        makers = {maker.removeprefix("other:").replace("-", "") for maker in self.makers}
        return frozenset(joined | {"aws", "gcp"}) - makers - self.class_words.keys()

    @cached_property
    def commands(self) -> dict[str, Agent]:
        """The agent behind each command."""
        return {command: agent for agent in self.agents for command in agent.commands}

    @cached_property
    def makers(self) -> frozenset[str]:
        """Every name under which something is reported."""
        return frozenset(row["id"] for row in self.tables["makers"])

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """Each channel by its name."""
        return {row["id"]: _channel(row) for row in self.tables["channels"]}

    @cached_property
    def clouds(self) -> frozenset[str]:
        """The channels that are clouds."""
        return frozenset(name for name, channel in self.channels.items() if channel.kind == "cloud")

    @cached_property
    def imitators(self) -> frozenset[str]:
        """The runtimes that serve models of their own under the names of other makers' models."""
        return frozenset(row["id"] for row in self.tables["channels"] if row.get("imitates"))

    @cached_property
    def reported(self) -> frozenset[str]:
        """The names under which channels themselves are reported."""
        return frozenset(channel.reported for channel in self.channels.values() if channel.reported)

    @cached_property
    def families(self) -> list[tuple[str, Family]]:
        """The beginnings of model ids, the longest first."""
        rows = self.tables["families"]
        found = [(_text(start).lower(), _family(row)) for row in rows for start in _many(row.get("starts"))]
        return sorted(found, key=lambda pair: (-len(pair[0]), pair[0]))

    @cached_property
    def families_by_letter(self) -> dict[str, list[tuple[str, Family]]]:
        """The beginnings of model ids by their first two letters."""
        found: dict[str, list[tuple[str, Family]]] = {}
        for start, family in self.families:
            found.setdefault(start[:2], []).append((start, family))
        return found

    @cached_property
    def fragments(self) -> list[tuple[str, Family]]:
        """What marks a model id when it stands anywhere in it, the longest first."""
        rows = self.tables["families"]
        found = [(_text(part).lower(), _family(row)) for row in rows for part in _many(row.get("contains"))]
        return sorted(found, key=lambda pair: (-len(pair[0]), pair[0]))

    def weights(self, model: str) -> str:
        """Say whether the weights of a model are open or closed, by the family whose beginning it bears."""
        name = model.lower().rsplit("/", 1)[-1]
        found = (family for start, family in self.families_by_letter.get(name[:2], ()) if name.startswith(start))
        return next((family.weights for family in found), "")

    @cached_property
    def models(self) -> dict[str, str]:
        """Each model id, alias and cloud id with its maker, in lower case."""
        found: dict[str, str] = {}
        for row in self.tables["models"]:
            found.update({_text(name).lower(): row["maker"] for name in _model_names(row)})
        return found

    @cached_property
    def packages(self) -> dict[tuple[str, str], Package]:
        """Each package by its ecosystem and its name in lower case."""
        return {
            (package.ecosystem, normal_name(package.ecosystem, package.name)): package for package in self._packages
        }

    @cached_property
    def imports(self) -> dict[str, dict[str, Package]]:
        """What code writes to import each package, by ecosystem; of several, the one that bears the name."""
        found: dict[str, dict[str, Package]] = {}
        for package in self._packages:
            for name in package.imports or (package.name,):
                bare = MAJOR.sub("", name) if package.ecosystem == "go" else name
                known = found.setdefault(package.ecosystem, {})
                known[bare] = package if name == package.name else known.get(bare, package)
        return found

    @cached_property
    def _packages(self) -> list[Package]:
        return [_package(row) for row in self.tables["packages"]]

    @cached_property
    def hosts(self) -> list[tuple[str, Host]]:
        """Each address, the more particular first."""
        rows = sorted(
            self.tables["hosts"],
            key=lambda row: (-len(_text(row.get("path"))), row["host"].count("*"), -len(row["host"])),
        )
        return [(_end(row["host"].lower()), _host(row)) for row in rows]

    def hosts_of(self, name: str) -> list[Host]:
        """The addresses that may be the one of a given name: those with the same last two labels."""
        return self._hosts_by_end.get(_end(name), [])

    @cached_property
    def _hosts_by_end(self) -> dict[str, list[Host]]:
        found: dict[str, list[Host]] = {}
        for end, host in self.hosts:
            found.setdefault(end, []).append(host)
        return found

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Each name of the environment."""
        return {row["name"]: _variable(row) for row in self.tables["variables"]}

    @cached_property
    def agents(self) -> list[Agent]:
        """Each coding agent."""
        return [_agent(row) for row in self.tables["agents"]]

    @cached_property
    def sieve(self) -> Sieve:
        """The automaton of every literal."""
        return Sieve(self._literals(), self._plain())

    def _plain(self) -> Iterable[str]:
        """Short names of packages and commands that are words of other things too, and no maker's."""
        named = {name.lower() for package in self._packages for name in (package.name, *package.imports)}
        started = {command for agent in self.agents for command in agent.commands}
        known = {start for start, _ in (*self.families, *self.fragments)} | self.words.keys()
        return (name for name in (named | started) - known if name.isalnum() and len(name) <= _SHORT_WORD)

    def _literals(self) -> Iterable[str]:
        yield from self.words
        yield from (word.replace("-", "_") for word in self.words if "-" in word)
        yield from (_text(name) for row in self.own.get("models", ()) for name in _model_names(row))
        yield from (short for start, _ in self.families for short in _sieved(start))
        yield from (part for part, _ in self.fragments)
        for package in self._packages:
            yield package.name
            yield from (name for name in package.imports if len(name) > 2)  # noqa: PLR2004
        for row in self.tables["hosts"]:
            yield max(row["host"].replace("*", "\n").split("\n"), key=len)
        yield from self.variables
        yield from (command for agent in self.agents for command in agent.commands)
        yield from CRAWLERS
        yield from SLOTS
        yield from (
            *(f"https://api.{sign}" for sign in ('"', "'", "${", "{", "%s", "#{", "`")),
            "cognitiveservices",
            "azurerm_cognitive",
            "aiplatform",
            "anthropic_version",
            "anthropic-version",
            "model_provider",
            "llm_provider",
            "x-api-key",
        )

    def agent_of(self, path: str) -> Agent | None:
        """Name the agent whose file a path is."""
        exact, folders, patterns = self._agent_files
        if agent := exact.get(f"/{path}"):
            return agent
        parts = path.split("/")
        for first in range(len(parts)):
            if agent := exact.get("/".join(parts[first:])):
                return agent
            for last in range(first + 1, min(first + 4, len(parts))):
                if agent := folders.get("/".join(parts[first:last])):
                    return agent
        return next((agent for pattern, agent in patterns if pattern.match(path)), None)

    @cached_property
    def _agent_files(self) -> tuple[dict[str, Agent], dict[str, Agent], list[tuple[re.Pattern[str], Agent]]]:
        """Files by name, folders by name, and what has a star in it.

        Any of them may stand at any depth, but for a file that begins with a slash: that stands at the top alone.
        """
        exact: dict[str, Agent] = {}
        folders: dict[str, Agent] = {}
        patterns: list[tuple[re.Pattern[str], Agent]] = []
        for agent in self.agents:
            for name in agent.files:
                if "*" in name:
                    patterns.append((_path_pattern(name), agent))
                elif name.endswith("/"):
                    folders.setdefault(name.rstrip("/"), agent)
                else:
                    exact.setdefault(name, agent)
        return exact, folders, patterns


def normal_name(ecosystem: str, name: str) -> str:
    """Write a package's name as its registry compares it."""
    lower = name.lower()
    return re.sub(r"[-_.]+", "-", lower) if ecosystem == "pypi" else lower


@cache
def signatures() -> Signatures:
    """Read the catalogue that came with the package, once."""
    return Signatures({name: read_table(name) for name in TABLES})


def digest_of(rows: dict[str, list[Row]]) -> str:
    """Name some rows by their content; nothing where there are none."""
    text = json.dumps(rows, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest() if rows else ""


def _sieved(start: str) -> tuple[str, ...]:
    """A very short beginning is looked for only where a string or an item begins."""
    return (start,) if len(start) > 3 else (f'"{start}', f"'{start}", f"/{start}", f" {start}", f"`{start}")  # noqa: PLR2004


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _many(value: object) -> list[Any]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _model_names(row: Row) -> list[Any]:
    return [row["id"], *_many(row.get("aliases")), *_many(row.get("bedrock")), *_many(row.get("vertex"))]


def _names(row: Row, key: str) -> tuple[str, ...]:
    return tuple(_text(value) for value in _many(row.get(key)))


def _channel(row: Row) -> Channel:
    reported = _text(row.get("as")) or f"other:{row['id']}" if row.get("reported") else ""
    return Channel(
        row["id"], _text(row.get("kind")), _text(row.get("operator")), _text(row.get("maker_when_unknown")), reported
    )


def _family(row: Row) -> Family:
    return Family(_text(row["family"]), row["maker"], _text(row.get("licence")), _text(row.get("weights")))


def _package(row: Row) -> Package:
    ecosystem = _text(row["ecosystem"]).lower()
    return Package(
        ecosystem=_ECOSYSTEMS.get(ecosystem, ecosystem),
        name=_text(row["name"]),
        kind=_text(row.get("kind")),
        maker=_text(row.get("maker")),
        channel=_text(row.get("channel")),
        imports=tuple(name.removeprefix("package:").rstrip("/") for name in _names(row, "imports")),
        relation=_text(row.get("relation")),
    )


def _host(row: Row) -> Host:
    return Host(row["host"].lower(), _text(row.get("path")), _text(row.get("maker")), _text(row.get("channel")))


@cache
def _host_pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name).replace(r"\*", r"[\w\-${}<>%().]+") + r"(?::\d+)?")


def _variable(row: Row) -> Variable:
    return Variable(
        row["name"],
        _text(row.get("kind")),
        _text(row.get("maker")),
        _text(row.get("channel")),
        bool(row.get("ambiguous")),
    )


def _agent(row: Row) -> Agent:
    named = (_names(row, key) for key in ("files", "commands", "emails", "authors", "names", "lines", "links"))
    return Agent(row["id"], _text(row.get("maker")), _text(row.get("name")), *named)


def _end(name: str) -> str:
    """The last two labels of a host's name, without its port."""
    return ".".join(name.split(":", 1)[0].rsplit(".", 2)[-2:])


def _path_pattern(name: str) -> re.Pattern[str]:
    """A name ending in a slash is a folder with all in it; any name may stand at any depth."""
    body = name.lstrip("/")
    if body.endswith("/"):
        body += "**"
    pattern = fnmatch.translate(body).replace(r"(?s:", "").removesuffix(r")\Z")
    return re.compile(rf"(?:.*/)?(?:{pattern})\Z", re.DOTALL)

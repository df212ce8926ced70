"""What a scan or a check recorded, made into the plain records that reports are written of.

1. A report of `remit check` knows what serves which contract; a scan alone is put to contracts by the paths it names.
2. The verdict is asked anew of the terms as they are, at the instant asked about, on the facts that were recorded.
3. What is derived from a model of the maker counts as the maker's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.attest.reports.exposure import Alternatives, Contract, Dependence, Looked, Unknown
from remit.cli.suppliers import read_bytes, read_findings, settle
from remit.errors import UsageError
from remit.terms.action import Action
from remit.terms.completion import complete_use
from remit.terms.decision import Effect
from remit.terms.fields import say_unknown
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from remit.terms.decision import Decision
    from remit.terms.terms import Terms

KEPT = ("model.channel", "model.service", "model.relation", "model.strength")
"""Facts of the model's use that stay as they are when another model takes its place."""


@dataclass(slots=True)
class Exposed:
    """What was recorded of one maker."""

    terms: Terms
    target: str
    at: datetime
    known: datetime
    dependences: list[Dependence] = field(default_factory=list)
    unknowns: list[Unknown] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)
    decisions: dict[tuple[str, str], Decision] = field(default_factory=dict)
    readings: dict[tuple[str, str, str], None] = field(default_factory=dict)
    is_complete: bool = True

    @property
    def name(self) -> str:
        """The maker's name, for people."""
        maker = self.terms.catalogue.makers.get(self.target)
        return maker.name if maker else self.target

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """The contracts of the register."""
        scopes = self.terms.register.scopes
        return tuple(Contract(scope.id, scope.says, scope.level, scope.environment) for scope in scopes)

    def is_targets(self, maker: str, models: list[str]) -> bool:
        """Tell whether a use is of the maker, or of something derived from its models (3)."""
        return maker == self.target or any(self.target in self.line_of(name) for name in models)

    def line_of(self, name: str) -> set[str]:
        """Return the makers of a model and of what it is derived from."""
        found: set[str] = set()
        seen: set[str] = set()
        while name and name not in seen:
            seen.add(name)
            model = self.terms.catalogue.model(name) or self.terms.catalogue.guess(name)
            found.add(model.maker)
            name = model.base
        return found - {""}


def add_exposed(parser: argparse.ArgumentParser) -> None:
    """Add the options that say about whom, and from which records."""
    parser.add_argument("--target", metavar="MAKER", required=True, help="the maker that is asked about")
    parser.add_argument(
        "--findings", action="append", required=True, metavar="FILE",
        help="what remit check (or scan) printed with --format json; may be repeated",
    )  # fmt: skip
    group = parser.add_argument_group("suppliers")
    group.add_argument(
        "--suppliers", metavar="FILE", help="the register of a round of asking, to say what they answered"
    )
    group.add_argument(
        "--desk", metavar="FOLDER", help="where the answers are kept (default: desk, beside the register)"
    )


def read_exposed(args: argparse.Namespace, terms: Terms, at: datetime, known: datetime) -> Exposed:
    """Read every file of findings, and hold what is in them against the terms (2)."""
    makers = {*terms.catalogue.makers, *terms.catalogue.model_makers}
    if args.target not in makers:
        raise UsageError(
            f"Nothing was reported: --target {args.target!r} is an {say_unknown('maker', args.target, makers)}"
        )
    exposed = Exposed(terms, args.target, at, known)
    for name in args.findings:
        path = Path(name)
        record = _read_report(path)
        places = read_findings(path) if record is None else {}
        try:
            if record is not None:
                _take_check(exposed, record, path.name)
            for place, findings in places.items():
                _take_scan(exposed, place, findings, path.name)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise UsageError(
                f"Nothing was reported: {path} is not what remit check or scan prints with --format json: {error!r}."
            ) from error
    return exposed


def _read_report(path: Path) -> dict[str, Any] | None:
    """Return a report of `remit check`; nothing where the file is none."""
    from remit.ledger.strict import read_json

    content = read_bytes(path, "--findings is what remit check or scan prints with --format json")
    try:
        record = read_json(content.decode().strip())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"Nothing was reported: {path} is no JSON of a check or a scan: {error}.") from error
    return record if isinstance(record, dict) and {"scopes", "unscoped", "findings"} <= set(record) else None


def _take_check(exposed: Exposed, record: dict[str, Any], source: str) -> None:
    place = record["path"]
    for scope in record["scopes"]:
        for row in scope["uses"]:
            use = Use(Action(row["decision"]["action"]), dict(_facts(row["decision"]["facts"])))
            _take_row(exposed, row, (scope["scope"], row["use_case"] or "", place), use)
    for row in record["unscoped"]:
        _take_row(exposed, row, ("", "", place), None)
    _take_coverage(exposed, place, record["findings"]["coverage"], source)


def _facts(record: dict[str, Any]) -> Iterator[tuple[str, Fact]]:
    for name, each in record.items():
        value = frozenset(each["value"]) if isinstance(each["value"], list) else each["value"]
        yield name, Fact(value, VouchedBy[each["vouched_by"].upper()], each["source"] or "")


def _take_row(exposed: Exposed, row: dict[str, Any], place: tuple[str, str, str], use: Use | None) -> None:
    """Take one use in one contract; nothing of it but what is not known, where it is of another maker."""
    contract, case, top = place
    where = tuple(f"{top}/{each['path']}:{line}" for each in row["files"] for line in each["lines"] or (1,))
    maker, models = row["maker"], list(row["models"])
    decision = None if use is None else decide(exposed.terms, use, at=exposed.at, known=exposed.known)
    if not exposed.is_targets(maker, models):
        if not exposed.terms.catalogue.makes_models(maker) and not models:
            name = maker.removeprefix("other:")
            exposed.unknowns.append(
                Unknown(f"which models stand behind {name}", ", ".join(where[:1]) or top, "the names of the models")
            )
        return
    because = ""
    if decision is not None:
        because = ", ".join(dict.fromkeys(reason.rule.reference for reason in decision.because))
        exposed.decisions.setdefault((contract, case), decision)
        for reason in decision.because:
            for reading in reason.rule.clause.readings:
                exposed.readings[f"{reason.rule.reference}: {reading.term}", reading.means, reading.by] = None
        if decision.lacks and not decision.settled:
            lacks = ", ".join(decision.lacks)
            exposed.unknowns.append(Unknown(f"{lacks} of a use for {contract}", ", ".join(where[:1]), "that fact"))
    exposed.dependences.append(
        Dependence(
            contract,
            case,
            top,
            maker,
            tuple(models),
            row["channel"],
            row["relation"],
            row["strength"],
            where,
            "" if decision is None else decision.verdict.value,
            because,
        )
    )


def _take_scan(exposed: Exposed, place: str, findings: dict[str, Any], source: str) -> None:
    """Put what a scan found to the contracts and use cases whose paths it names (1)."""
    served = _served(exposed.terms)
    for maker, found in findings["makers"].items():
        for each in found["integrations"]:
            for contract, case, rows in _by_contract(each["evidence"], served):
                row = {**each, "maker": maker, "files": rows}
                use = _use(exposed.terms, row, contract, case) if contract else None
                _take_row(exposed, row, (contract, case, place), use)
    for maker, commits in findings["history"].items():
        if maker == exposed.target:
            where = (f"{place}: {commits} commits",)
            exposed.dependences.append(
                Dependence("", "", place, maker, (), "direct", "ai-authored-code", "history-only", where)
            )
    _take_coverage(exposed, place, findings["coverage"], source)


def _by_contract(
    evidence: list[dict[str, Any]], served: Callable[[str], list[tuple[str, str]]]
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Yield the files of each contract and use case that some places serve."""
    files: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for each in evidence:
        for key in served(each["path"]):
            files[key][each["path"]].append(each["line"])
    for (contract, case), by_path in files.items():
        yield contract, case, [{"path": path, "lines": lines} for path, lines in by_path.items()]


def _served(terms: Terms) -> Callable[[str], list[tuple[str, str]]]:
    """Return which contracts and use cases a path serves; none is told as a contract without a name."""
    from pathspec import GitIgnoreSpec

    def spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
        return GitIgnoreSpec.from_lines(patterns)

    scopes = [(scope.id, spec(scope.serves), spec(scope.spares)) for scope in terms.register.scopes]
    cases = [(case.scope, case.id, spec(case.serves)) for case in terms.register.use_cases]

    def served(path: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for ident, serves, spares in scopes:
            if serves.match_file(path) and not spares.match_file(path):
                within = [case for scope, case, match in cases if scope == ident and match.match_file(path)]
                found.extend((ident, case) for case in within or [""])
        return found or [("", "")]

    return served


def _use(terms: Terms, row: Mapping[str, Any], contract: str, case: str) -> Use:
    """Make the use of a scan's row, as `remit check` would of the same place."""
    measured: dict[str, Any] = {"model.relation": row["relation"], "model.strength": row["strength"]}
    if kind := terms.catalogue.services.get(row["channel"]):
        measured["model.channel"] = kind
    if models := frozenset(row["models"]):
        measured["model.id"] = models
    if terms.catalogue.makes_models(row["maker"]):
        measured["model.maker"] = row["maker"]
    facts = {name: Fact(value, VouchedBy.MEASURED, "by the scan") for name, value in measured.items()}
    facts["scope.id"] = Fact(contract, VouchedBy.CONFIGURED, "by the register")
    if case:
        facts["use.case"] = Fact(case, VouchedBy.CONFIGURED, "by the register")
    return complete_use(terms, Use(Action.INTEGRATE, facts))


def _take_coverage(exposed: Exposed, place: str, coverage: dict[str, Any], source: str) -> None:
    from remit.scan.coverage import COMPLETE_WITHOUT

    skipped = tuple((why, row["files"]) for why, row in sorted(coverage["skipped"].items()))
    history = coverage["history"]
    said = f"{history['commits']} commits" if history["read"] else history["why"]
    exposed.looked.append(Looked(place, coverage["present"], coverage["read"], skipped, said, source))
    exposed.is_complete = exposed.is_complete and bool(coverage["complete"])
    for why, count in skipped:
        if why not in COMPLETE_WITHOUT:
            exposed.unknowns.append(Unknown(f"{count} files were not read", place, f"reading them: {why}"))
    for row in coverage["not_inquired"]:
        if row["surface"] not in {each.what for each in exposed.unknowns}:
            exposed.unknowns.append(Unknown(row["surface"], "everywhere", row["settled_by"]))


def alternatives(exposed: Exposed) -> dict[tuple[str, str], Alternatives]:
    """Ask for each use which other models the terms would permit or hold in its place, by the same channel."""
    return {key: _alternatives(exposed, decision) for key, decision in exposed.decisions.items()}


def _alternatives(exposed: Exposed, decision: Decision) -> Alternatives:
    terms, day = exposed.terms, exposed.at.date().isoformat()
    facts = {n: f for n, f in decision.use.facts.items() if not n.startswith("model.") or n in KEPT}
    counts: dict[Effect, Counter[str]] = {Effect.PERMIT: Counter(), Effect.HOLD: Counter()}
    for model in terms.catalogue.models.values():
        if exposed.target in exposed.line_of(model.id) or (model.retires and model.retires <= day):
            continue
        named = {**facts, "model.id": Fact(model.id, VouchedBy.CONFIGURED, "supposed")}
        found = decide(terms, complete_use(terms, Use(Action.INTEGRATE, named)), at=exposed.at, known=exposed.known)
        if found.effect in counts:
            counts[found.effect][model.family or model.id] += 1
    return Alternatives(*(tuple(sorted(counts[effect].items())) for effect in (Effect.PERMIT, Effect.HOLD)))


def supplier_rows(args: argparse.Namespace, at: datetime) -> tuple[tuple[tuple[str, ...], ...], str] | None:
    """Return where every supplier stands, worst first, and the counts; nothing where no round was named."""
    if args.suppliers is None:
        if args.desk is not None:
            raise UsageError(
                "Nothing was reported: --desk says where answers are kept, and --suppliers of which round."
            )
        return None
    import argparse as parsing

    from remit.attest.suppliers.graph import say_counts, say_way, sorted_nodes

    named = parsing.Namespace(
        register=args.suppliers, table=None, desk=args.desk, scan=[], revoked=None, revoked_from=None
    )
    resolution = settle(named, at)
    if resolution.rounds.target.maker != args.target:
        raise UsageError(
            f"Nothing was reported: {args.suppliers} asks about {resolution.rounds.target.maker}, not {args.target}."
        )
    rows = tuple(
        (node.status.value, node.name, say_way(node), "; ".join(node.says)) for node in sorted_nodes(resolution)
    )
    return rows, say_counts(resolution.whole)

"""Findings and verdicts as SARIF 2.1.0, for whatever shows results beside the code.

1. In a check a result is one use in one scope, and its rule the clause that decided; the level comes from the verdict.
   What is within the terms is no result; it is counted in the properties of the run.
2. Without terms a result is a fact and no judgement: its rule is the relation, its level is a note.
3. A fingerprint names what is used, how and where it was judged, and no line, so that it survives a move.
4. A scan that is incomplete says so as a notification of the tool, and so does each surface nobody looked at.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from remit import __version__
from remit.scan.coverage import AROUND, SHALLOW
from remit.scan.formats.inventory import INCOMPLETE, located
from remit.scan.formats.words import say_history, say_traces
from remit.scan.occurrence import Relation
from remit.terms.decision import Basis, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.scan.findings import Findings
    from remit.scan.formats.inventory import Inventory, Item
    from remit.scan.integration import Integration
    from remit.scan.report import Report, Row

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {
    Verdict.OUTSIDE: "error",
    Verdict.UNKNOWN: "warning",
    Verdict.HELD: "warning",
    Verdict.CONTESTED: "note",
    Verdict.STAYED: "note",
    Verdict.ASSERTED_ONLY: "note",
    Verdict.WITHIN: "none",
}
_RELATIONS = {
    Relation.RUNTIME_CALL: "The system calls a model of this maker.",
    Relation.EMBEDDED: "A model of this maker is part of a product.",
    Relation.DEVELOPMENT_TOOL: "A tool of this maker serves the development of the system.",
    Relation.AI_AUTHORED: "The history says that a model of this maker wrote part of the code.",
    Relation.VENDOR_SOURCE: "Source that the maker published is used, and no model.",
    Relation.PROTOCOL_ONLY: "Only the maker's protocol is spoken, to somebody else.",
    Relation.LOCAL_WEIGHTS: "A model of this maker runs on the organisation's own machines.",
    Relation.DORMANT: "A model of this maker is named and never called.",
    Relation.DOCUMENTATION: "Only documents name this maker.",
}
_NOBODY = {Basis.AUTHORISATION: "no-authorisation", Basis.NOTHING: "no-clause-permits"}
_MOST_RELATED = 200


def sarif_log(inventory: Inventory) -> dict[str, Any]:
    """Return the log: one run for each place."""
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [_run(findings, inventory) for findings in inventory.findings],
    }


def _run(findings: Findings, inventory: Inventory) -> dict[str, Any]:
    items = [
        item
        for item in inventory.items
        if item.place == findings.path and item.verdict != Verdict.WITHIN.value and _reported(item, inventory)
    ]
    rules = {_rule_id(item): _rule(item) for item in items}
    order = sorted(rules)
    return {
        "tool": {
            "driver": {
                "name": "Remit",
                "semanticVersion": __version__,
                "version": __version__,
                "rules": [rules[ident] for ident in order],
                "notifications": [
                    {"id": "incomplete", "shortDescription": {"text": "Something that may hold text was not read."}},
                    {"id": "not-read", "shortDescription": {"text": "These files were not read, for this reason."}},
                    {"id": "trace", "shortDescription": {"text": "This is of a maker, and no use of its models."}},
                    {"id": "not-inquired", "shortDescription": {"text": "No tree shows this; nobody looked."}},
                ],
            }
        },
        "automationDetails": {"id": f"remit/{'check' if inventory.report else 'scan'}/{findings.path.strip('/')}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": list(_notices(findings))}],
        "results": [_result(item, order, inventory.report) for item in items],
        "properties": _properties(findings, inventory.report),
    }


def _reported(item: Item, inventory: Inventory) -> bool:
    """In a check a finding that serves no scope has no verdict, and so no level: it stays among the properties."""
    return inventory.report is None or item.row is not None


def _notices(findings: Findings) -> Iterator[dict[str, Any]]:
    coverage = findings.coverage
    if not coverage.is_complete:
        yield _notice("incomplete", "warning", f"{INCOMPLETE[0].upper()}{INCOMPLETE[1:]}.")
    for why, paths in sorted(coverage.skipped.items()):
        yield _notice("not-read", "note", f"Not read: {len(paths)} {why}, such as {min(paths)}.")
    if coverage.history in {SHALLOW, AROUND}:
        yield _notice("history", "note", f"History: {say_history(coverage)}.")
    for trace in say_traces(findings):
        yield _notice("trace", "note", f"Of a maker, and no use of its models: {trace}.")
    for surface, settled_by in coverage.not_inquired:
        yield _notice("not-inquired", "note", f"Not inquired: {surface}; it would be settled by {settled_by}.")


def _notice(ident: str, level: str, text: str) -> dict[str, Any]:
    return {"descriptor": {"id": ident}, "level": level, "message": {"text": text}}


def _rule_id(item: Item) -> str:
    if item.row is None:
        return item.integration.relation.value
    because = item.row.decision.because
    return because[0].rule.reference if because else _NOBODY.get(item.row.decision.basis, "no-clause-permits")


def _rule(item: Item) -> dict[str, Any]:
    if item.row is None:
        text = _RELATIONS[item.integration.relation]
    elif item.row.decision.because:
        rule = item.row.decision.because[0].rule
        text = rule.clause.says or f"A clause of {rule.instrument.id} ({rule.instrument.kind})."
    else:
        text = "No clause in force surely permits this use."
    return {"id": _rule_id(item), "shortDescription": {"text": text}, "fullDescription": {"text": text}}


def _result(item: Item, order: Sequence[str], report: Report | None) -> dict[str, Any]:
    found = item.integration
    places = _places(found)
    rule = _rule_id(item)
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": order.index(rule),
        "level": "note" if item.row is None else LEVELS[item.row.decision.verdict],  # (1, 2)
        "message": {"text": _message(item, report)},
        "locations": [_location(item.place, *places[0])] if places else [_history(item)],
        "partialFingerprints": {"remitUse/v1": _fingerprint(item, rule)},  # (3)
        "properties": {
            "maker": found.maker,
            "channel": found.channel,
            "relation": found.relation.value,
            "strength": found.strength.value,
            "models": list(found.models),
            "confidence": found.confidence,
            **({} if item.row is None else _verdict(item.row)),
        },
    }
    if related := places[1:_MOST_RELATED]:
        result["relatedLocations"] = [
            {"id": number, **_location(item.place, *place)} for number, place in enumerate(related, start=1)
        ]
    if found.chain:
        steps = [{"location": _location(item.place, *step)} for step in found.chain]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _verdict(row: Row) -> dict[str, Any]:
    return {
        "verdict": row.decision.verdict.value,
        "boundaryCrossed": row.decision.crosses_boundary,
        "scope": row.use.scope.id,
        "useCase": row.use.case,
    }


def _message(item: Item, report: Report | None) -> str:
    if item.row is None or report is None:
        return item.says
    from remit.scan.formats.judged import notes_on  # noqa: PLC0415 - a scan alone needs no terms.

    word = "boundary crossed" if item.row.decision.crosses_boundary else item.verdict
    case = f", use case {item.case}" if item.case else ""
    notes = [f"{label}: {note}" for label, note in notes_on(item.row, report) if label != "found"]
    return "\n".join([f"{word} in {item.scope}{case}: {item.says}", *notes])


def _places(found: Integration) -> list[tuple[str, int, str]]:
    """Every place of a use, the one that says most first, each line once."""
    first = {(place.path, place.line): place.says for place in reversed(found.evidence)}
    order = dict.fromkeys((place.path, place.line) for place in found.evidence)
    for path, lines in found.files:
        order |= dict.fromkeys((path, line) for line in lines)
    return [(path, line, first.get((path, line), "")) for path, line in order]


def _location(place: str, path: str, line: int, says: str) -> dict[str, Any]:
    said = {"message": {"text": says}} if says else {}
    uri = quote(located(place, path))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": max(1, line)}}, **said}


def _history(item: Item) -> dict[str, Any]:
    """What stands in no file stands in the history, which lies in the folder of git."""
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(located(item.place, ".git"))}},
        "logicalLocations": [{"name": "git history", "kind": "resource"}],
    }


def _fingerprint(item: Item, rule: str) -> str:
    found = item.integration
    parts = (rule, item.scope, item.case, found.maker, found.channel, found.relation.value)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _properties(findings: Findings, report: Report | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"place": findings.path, "coverage": findings.coverage.as_json()}
    properties["dismissed"] = len(findings.dismissed)
    if report is not None:
        properties["terms"] = report.terms.digest
        properties["within"] = sum(row.decision.verdict is Verdict.WITHIN for row in report.rows)
        properties["unscoped"] = [
            f"{found.maker} ({found.strength.value}, {found.relation.value})" for found in report.unscoped
        ]
    return properties

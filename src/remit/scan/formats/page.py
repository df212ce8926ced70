"""Findings as one page for a browser: the inventory, filters, and the chain behind each finding.

1. The page is one file and asks nobody for anything; its own policy forbids it to.
2. It reads whole without a script; the script only filters.
3. Everything that came from a scanned place is text and never mark-up.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from remit.scan.formats.code import shown
from remit.scan.formats.inventory import INCOMPLETE, located
from remit.scan.formats.lineage import name_of
from remit.scan.formats.words import number_of, say_history, say_read, say_traces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.scan.findings import Findings
    from remit.scan.formats.inventory import Inventory, Item

_WIDE = {"why": ' class="why"'}
_SHOWN_NAMES = 4
_SHOWN_PLACES = 40
_SHOWN_DISMISSED = 500


def page(inventory: Inventory) -> str:
    """Write the page."""
    return "\n".join(_page(inventory)) + "\n"


def _page(inventory: Inventory) -> Iterator[str]:
    style, script = _part("page.css"), _part("page.js")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'"  # (1)
    named = [shown(findings.path) for findings in inventory.findings]
    title = f"The models in {', '.join(named) if len(named) <= _SHOWN_NAMES else number_of(len(named), 'place')}"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>"
    yield f"<header>\n<h1>{escape(title)}</h1>"
    yield from _judged(inventory)
    yield "</header>\n<main>"
    if not inventory.is_complete:
        yield f'<p class="alarm">{escape(INCOMPLETE[0].upper() + INCOMPLETE[1:])}.</p>'
    yield from _counts(inventory)
    yield "<h2>Inventory</h2>"
    yield from _filters(inventory)
    yield from _table(inventory)
    yield "<h2>Where it looked</h2>"
    for findings in inventory.findings:
        yield from _folded(findings) if len(inventory.findings) > 1 else _looked(findings)
    yield "<h2>Where nobody looked</h2>"
    rows = dict.fromkeys(row for findings in inventory.findings for row in findings.coverage.not_inquired)
    yield "<p>No tree of files shows these; what would settle each stands beside it.</p>"
    yield from _rows(("surface", "settled by"), rows)
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>"


def _part(name: str) -> str:
    return (resources.files("remit") / "scan" / "formats" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _judged(inventory: Inventory) -> Iterator[str]:
    report = inventory.report
    if report is None:
        yield '<p class="soft">What a scan found, without terms: no verdict is given.</p>'
        return
    from remit.scan.formats.judged import say_day  # noqa: PLC0415 - a scan alone needs no terms.

    yield (
        f'<p class="soft">Judged at {say_day(report.at)}, by what was known at {say_day(report.known)}, '
        f"by the terms <code>{escape(report.terms.digest)}</code>.</p>"
    )


def _counts(inventory: Inventory) -> Iterator[str]:
    counts: dict[str, int] = {}
    for item in _ordered(inventory):
        counts[_word(item)] = counts.get(_word(item), 0) + 1
    read = sum(findings.coverage.read for findings in inventory.findings)
    present = sum(findings.coverage.present for findings in inventory.findings)
    yield '<ul class="counts">'
    yield from (f'<li><b class="{escape(word)}">{count}</b> {escape(word)}</li>' for word, count in counts.items())
    yield f"<li><b>{read}</b> of {present} files read</li>\n</ul>"


def _rank(item: Item) -> int:
    return item.integration.strength.rank


def _ordered(inventory: Inventory) -> list[Item]:
    """The uses, worst first; a report has them so."""
    return list(inventory.items) if inventory.report else sorted(inventory.items, key=_rank)


def _said(text: str) -> str:
    """Write what came from a place: as text, and seen for what it is (3)."""
    return escape(shown(text))


def _word(item: Item) -> str:
    return item.verdict or item.integration.strength.value


def _filters(inventory: Inventory) -> Iterator[str]:
    items = _ordered(inventory)
    yield '<form aria-label="Filters">'
    yield _select("maker", "maker", sorted({item.integration.maker for item in items}))
    yield _select("word", "verdict" if inventory.report else "strength", dict.fromkeys(map(_word, items)))
    if inventory.report is not None:
        yield _select("scope", "scope", sorted({item.scope for item in items} - {""}))
    if len(inventory.findings) > 1:
        yield _select("place", "place", sorted({item.place for item in items}))
    yield '<label>text <input name="words" type="search"></label><output id="shown"></output>\n</form>'


def _select(key: str, label: str, values: Iterable[str]) -> str:
    options = "".join(f'<option value="{escape(value)}">{_said(value)}</option>' for value in values)
    return f'<label>{label} <select name="{key}"><option value="">all</option>{options}</select></label>'


def _table(inventory: Inventory) -> Iterator[str]:
    if not inventory.items:
        yield "<p>No model was found in what was looked at.</p>"
        return
    judged = inventory.report is not None
    head = [*(["verdict", "scope"] if judged else []), "maker", "models", "how", "why"]
    yield '<div class="wide"><table class="inventory">\n<thead><tr>'
    yield "".join(f'<th scope="col"{_WIDE.get(word, "")}>{word}</th>' for word in head)
    yield "</tr></thead>\n<tbody>"
    for item in _ordered(inventory):
        yield from _item(item, inventory)
    yield "</tbody>\n</table></div>"


def _item(item: Item, inventory: Inventory) -> Iterator[str]:
    found = item.integration
    keys = {"maker": found.maker, "word": _word(item), "scope": item.scope, "place": item.place}
    data = "".join(f' data-{key}="{escape(value)}"' for key, value in keys.items())
    yield f"<tr{data}>"
    if inventory.report is not None:
        crossed = item.row is not None and item.row.decision.crosses_boundary
        word = item.verdict or "no scope"
        kind = "word crossed" if crossed else f"word {word}"
        yield f'<td><span class="{kind}">{"boundary crossed" if crossed else word}</span></td>'
        case = f'<br><span class="soft">{escape(item.case)}</span>' if item.case else ""
        yield f"<td>{escape(item.scope)}{case}</td>"
    yield f'<td title="{escape(found.maker)}"><b>{escape(name_of(found.maker))}</b></td>'
    models = "<br>".join(f"<code>{_said(model)}</code>" for model in found.models)
    unnamed = '<span class="soft">not named</span>'
    yield f"<td>{models or unnamed}</td>"
    strength, by = found.strength.value, "" if found.channel == "direct" else f"<br>by way of {escape(found.channel)}"
    yield f'<td><span class="word {strength}">{strength}</span><br>{found.relation.value}{by}</td>'
    yield '<td class="why">'
    yield from _why(item, inventory)
    yield "</td></tr>"


def _why(item: Item, inventory: Inventory) -> Iterator[str]:
    found = item.integration
    if item.row is not None and inventory.report is not None:
        from remit.scan.formats.judged import notes_on  # noqa: PLC0415 - as above.

        notes = [(label, note) for label, note in notes_on(item.row, inventory.report) if label != "found"]
        yield f"<ul>{''.join(f'<li>{escape(label)}: {_said(note)}</li>' for label, note in notes)}</ul>"
    if len(found.chain) == 1:
        yield f'<p><span class="soft">By default:</span> {_place(item, *found.chain[0])}</p>'
    elif found.chain:
        steps = "".join(f"<li>{_place(item, *step)}</li>" for step in found.chain)
        yield f"<details open><summary>How the default is found</summary><ol>{steps}</ol></details>"
    if item.commits:
        yield f"{number_of(item.commits, 'commit')} of the history"
    if found.evidence:
        named = "".join(
            f"<li>{_place(item, place.path, place.line, place.says)}</li>" for place in found.evidence[:_SHOWN_PLACES]
        )
        more = len(found.evidence) - _SHOWN_PLACES
        rest = f"<li>{number_of(more, 'more place')}; the JSON lists their files</li>" if more > 0 else ""
        count = number_of(len(found.evidence), "place")
        yield f"<details><summary>{count}</summary><ul>{named}{rest}</ul></details>"


def _place(item: Item, path: str, line: int, says: str) -> str:
    return f"<code>{_said(located(item.place, path))}:{line}</code> {_said(says)}"


def _folded(findings: Findings) -> Iterator[str]:
    """One of several places: a line that says how far it was read, and the rest beneath; open where not all was."""
    coverage = findings.coverage
    state = "" if coverage.is_complete else ' <span class="word integrated">incomplete</span>'
    said = f"<code>{_said(findings.path)}</code>: {say_read(coverage)}"
    yield f"<details{'' if coverage.is_complete else ' open'}><summary>{said}{state}</summary>"
    yield from _looked(findings)
    yield "</details>"


def _looked(findings: Findings) -> Iterator[str]:
    coverage = findings.coverage
    yield f"<p>Read {say_read(coverage)}; history: {_said(say_history(coverage))}.</p>"
    if coverage.skipped:
        rows = [(why, str(len(paths)), ", ".join(sorted(paths)[:3])) for why, paths in sorted(coverage.skipped.items())]
        yield from _rows(("not read because", "files", "such as"), rows)
    if findings.dismissed:
        rows = [
            (found.maker, f"{found.path}:{found.line}", found.why) for found in findings.dismissed[:_SHOWN_DISMISSED]
        ]
        count = number_of(len(findings.dismissed), "place")
        yield f"<details><summary>{count} dismissed: what looks like a use and is none</summary>"
        yield from _rows(("maker", "place", "why it is none"), rows)
        if (more := len(findings.dismissed) - _SHOWN_DISMISSED) > 0:
            yield f"<p>{number_of(more, 'more place')}; the JSON lists each.</p>"
        yield "</details>"
    if traces := say_traces(findings):
        yield "<p>Traces of a maker that are no use of its models:</p>"
        yield f"<ul>{''.join(f'<li>{_said(trace)}</li>' for trace in traces)}</ul>"


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield '<div class="wide"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{word}</th>' for word in head)
    yield "</tr></thead>\n<tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{_said(cell)}</td>' for cell in row)}</tr>"
    yield "</tbody>\n</table></div>"

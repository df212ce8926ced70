"""The chain as a tree, a table, a bill of materials and a page: all of it stands there, and nothing breaks out."""

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from remit.attest.suppliers.drawing import MOST_DRAWN
from remit.attest.suppliers.graph import graph_bill, graph_lines, graph_sheet, resolution_record
from remit.attest.suppliers.page import graph_page
from remit.attest.suppliers.resolver import Resolution
from remit.attest.suppliers.statement import Claim
from remit.canonical import canonical
from tests.attest.suppliers.asked import answer, answers_of, naming, round_of, settle, statement, supplier

EVIL = '</td><script>alert(1)</script>"&\u202e=1+1'


@pytest.fixture
def chain() -> Resolution:
    rounds = round_of(supplier("s2"), supplier("s3", supplies_from=("s2",)), supplier("s4", name=EVIL), supplier("s9"))
    said = answer(statement("s2", **naming("s3", "s7")))
    found = answers_of("s9", claim=Claim.FOUND)
    return settle(rounds, said, *answers_of("s3"), *found)


def test_a_tree_shows_everybody_once_and_names_those_it_has_shown(chain: Resolution) -> None:
    lines = list(graph_lines(chain))
    assert lines[0] == "quayside  3 of 5 answered, the worst is found"
    assert "      s2  clean  shown above" in lines
    assert sum("s7  missing  no answer" in line for line in lines) == 1
    assert len(lines) == 1 + sum(map(len, chain.edges.values()))


def test_a_tree_of_a_long_chain_needs_no_recursion() -> None:
    names = [f"n{number}" for number in range(3000)]
    rounds = round_of(
        *(
            supplier(name, supplies_from=(after,), exempt="" if name == "n0" else "x")
            for name, after in zip(names, [*names[1:], "end"], strict=True)
        )
    )
    assert len(list(graph_lines(settle(rounds)))) == 3002


def test_a_table_has_a_row_for_each_edge_and_computes_nothing(chain: Resolution) -> None:
    rows = list(csv.DictReader(io.StringIO(graph_sheet(replace_name(chain, "=HYPERLINK(1)")))))
    assert [(row["from"], row["to"], row["status"]) for row in rows] == [
        (above, below, chain.nodes[below].status) for above, found in sorted(chain.edges.items()) for below in found
    ]
    assert {row["name"] for row in rows if row["to"] == "s4"} == {"'=HYPERLINK(1)"}


def replace_name(chain: Resolution, name: str) -> Resolution:
    return replace(chain, nodes={**chain.nodes, "s4": replace(chain.nodes["s4"], name=name)})


def test_a_bill_of_materials_is_valid_and_names_the_statements(chain: Resolution) -> None:
    bill = graph_bill(chain)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    assert {row["ref"] for row in bill["dependencies"]} == {"asked-by:quayside", "supplier:s2", "supplier:s3"}
    assert bill["compositions"][0]["aggregate"] == "incomplete"
    named = {each["bom-ref"] for each in bill["components"] if "externalReferences" in each}
    assert named == {"supplier:s2", "supplier:s3", "supplier:s9"}
    assert graph_bill(chain) == bill


def test_the_record_for_machines_says_everything(chain: Resolution) -> None:
    record = resolution_record(chain)
    canonical(record)
    assert (record["worst"], record["path"], record["green"]) == ("found", ["quayside", "s9"], False)
    assert (record["answered"], record["required"]) == (3, 5)
    assert [row["status"] for row in record["suppliers"]] == ["found", "missing", "missing", "clean", "clean"]
    assert record["circles"] == [["s2", "s3"]]
    assert record["unresolved"] == [["quayside", "s4"], ["s2", "s7"]]


class Tags(HTMLParser):
    """Which tags a page has, and whether each one that opens is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not {name for name, _ in attrs if name.startswith("on")}
        assert not any(value and "://" in value for _, value in attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open[-1:] == [tag]:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_loads_nothing_and_what_suppliers_write_is_text(chain: Resolution) -> None:
    page = graph_page(chain)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not tags.seen & {"script", "link", "img", "iframe", "object", "image", "use"}
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search(r"url\((?!#)|@import", page)
    assert "scheme: dark" in page
    assert "@media print" in page
    for node in chain.nodes.values():
        assert node.status in page


def test_a_drawing_of_many_shows_those_to_look_at_first_and_counts_the_rest() -> None:
    names = [f"s{number}" for number in range(400)]
    resolution = settle(round_of(*map(supplier, names)), *answers_of(*names[:399]))
    page = graph_page(resolution)
    assert page.count('class="box ') == MOST_DRAWN + 1
    assert 'class="box missing"' in page
    assert f"Drawn are {MOST_DRAWN} of 400" in page


def test_nobody_asked_is_a_page_too() -> None:
    assert "nobody has to answer" in graph_page(settle(round_of(none_reason="We buy nothing.")))

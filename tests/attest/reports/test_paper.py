"""A report in its three forms: everything in each, nothing that breaks out, no box ticked."""

import csv
import io
import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from remit.attest.reports.paper import BOX, Paper, Section, Table, as_markdown, as_page, as_sheet

EVIL = "<script>alert(1)</script> | `x` [a](javascript:x) **b** ![i](http://x.example)"


def paper_of(text: str) -> Paper:
    section = Section(
        text,
        (text,),
        ((text, text), ("empty", "")),
        Table((text, "b"), ((text, "c"), ("d", text))),
        ((text, ("does", "does not")),),
        ("Signature",),
    )
    return Paper(text, (text,), (section,), Table(("a",), ((text,),)), alarm=text)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.words += [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]


def tags_of(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    return tags


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60).map(lambda text: f"x{text}"))
def test_whatever_a_file_holds_is_text_in_every_form(text: str) -> None:
    plain = tags_of(as_page(paper_of("x")))
    found = tags_of(as_page(paper_of(text.replace("\n", " ").replace("\r", " "))))
    assert [tag for tag in found.seen if tag != "br"] == [tag for tag in plain.seen if tag != "br"]
    assert found.words == []


def test_no_mark_up_comes_out_of_a_page_or_of_markdown() -> None:
    assert "<script>" not in as_page(paper_of(EVIL))
    rendered = tags_of(MarkdownIt("commonmark").enable("table").render(as_markdown(paper_of(EVIL))))
    assert not {"script", "a", "img", "code"} & set(rendered.seen)
    assert rendered.seen.count("tr") == 3


def test_a_table_computes_nothing() -> None:
    for text in ("=1+1", "+1", "-1", "@x", "\tx"):
        rows = list(csv.reader(io.StringIO(as_sheet(paper_of(text)))))
        assert rows[1][0].startswith("'")


def test_a_box_is_never_ticked_and_a_blank_is_there_to_be_filled_in() -> None:
    said = as_markdown(paper_of("x"))
    assert said.count(BOX) == 2
    assert not re.search(r"[☑☒✓✗]|\[x\]", said + as_page(paper_of("x")))
    assert "Signature: ____" in said
    assert '<i class="box-mark"></i>does not' in as_page(paper_of("x"))


def test_a_table_without_rows_says_so() -> None:
    paper = Paper("t", (), (Section("s", table=Table(("a",), (), "Nothing was found.")),), Table(("a",), ()))
    assert "Nothing was found." in as_page(paper)
    assert "*Nothing was found.*" in as_markdown(paper)


def test_a_page_prints_and_follows_light_and_dark() -> None:
    page = as_page(paper_of("x"))
    assert "@media print" in page
    assert "scheme: dark" in page
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search(r"https?://|url\(|@import", page)

"""Descriptions: what Markdown may do, and what it may not."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.markdown import excerpt, render

REL = 'rel="nofollow ugc noopener"'
ALLOWED = {
    *("p", "br", "a", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "hr"),
    *("h3", "h4", "h5", "h6"),
}
SCHEMES = [
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)"),
    *(
        "\x01javascript:alert(1)",
        " javascript:alert(1)",
        "javascript&colon;alert(1)",
        "javascript&#58;alert(1)",
    ),
    *("&#106;avascript:alert(1)", "vbscript:msgbox(1)", "data:text/html,<script>alert(1)</script>"),
    *("data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml,<svg onload=alert(1)>", "file:///etc/passwd"),
    *("feed:javascript:alert(1)", "view-source:x", "blob:x", "about:blank", "//evil.example", "/logout", "x"),
    *("?t=1&x=javascript:", "#top", "\\\\evil", "http:evil", "https:/evil", "jar:https://x", "intent://x"),
]
HOSTILE = [
    *(f"[x]({scheme})" for scheme in SCHEMES),
    *(f"[x](<{scheme}>)" for scheme in SCHEMES),
    *(f"<{scheme}>" for scheme in SCHEMES),
    *(f"[x][1]\n\n[1]: {scheme}" for scheme in SCHEMES),
    *(f"![x]({scheme})" for scheme in SCHEMES),
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)' onclick=alert(1)>x</a>",
    "<!-- --><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>*{display:none}</style>",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example "\\"onmouseover=alert(1)")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "`<script>alert(1)</script>`",
    "```<img onerror=x>\n<script>alert(1)</script>\n```",
    "![x](https://tracker.example/pixel.gif)",
    "https://a.example/<script>alert(1)</script>",
    'https://a.example/"onmouseover="alert(1)',
    "[<img src=x onerror=alert(1)>](https://a.example)",
    '<https://a.example/"onclick=alert(1)>',
    "[" * 3000 + "x" + "](" * 3000,
    "> " * 3000 + "deep",
    "*" * 4000 + "x" + "*" * 4000,
    "\x00\ufffd\u2028\u202e<b>",
]


class Reader(HTMLParser):
    """Every tag and attribute, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(source: str) -> None:
    reader = Reader()
    reader.feed(render(source, duration_seconds=100))
    for tag, attributes in reader.found:
        assert tag in ALLOWED
        assert set(attributes) <= {"href", "title", "rel", "start"}
        if tag == "a":
            assert attributes["rel"] == "nofollow ugc noopener"
            href = attributes.get("href")
            assert href is None or re.match(r"(https?://|mailto:|\?t=\d+$)", href, re.IGNORECASE), href


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_can_be_done_with_it(source: str) -> None:
    assert_harmless(source)


@given(st.text(alphabet="<>[]()!`*_#:/\\\"'&;\n ajvscript:onhttp1", max_size=80))
def test_nothing_can_be_done_with_any_text(source: str) -> None:
    assert_harmless(source)


def test_what_people_write_looks_as_meant() -> None:
    assert render("# Big\n\nOne\ntwo **bold** *soft*") == (
        "<h3>Big</h3>\n<p>One<br>\ntwo <strong>bold</strong> <em>soft</em></p>\n"
    )
    assert "<h6>" in render("###### Small")
    assert render("- a\n- b").count("<li>") == 2
    assert "<img" not in render("![cat](https://a.example/cat.gif)")
    assert "cat" in render("![cat](https://a.example/cat.gif)")


def test_bare_addresses_are_links_without_their_sentence() -> None:
    shown = render("See https://a.example/x_(y)?z=1, or (https://b.example).")
    assert f'<a href="https://a.example/x_(y)?z=1" {REL}>https://a.example/x_(y)?z=1</a>,' in shown
    assert f'(<a href="https://b.example" {REL}>https://b.example</a>).' in shown
    assert render("`https://a.example`") == "<p><code>https://a.example</code></p>\n"
    assert render("[https://a.example](https://b.example)").count("<a ") == 1


def test_times_within_the_video_lead_there() -> None:
    shown = render("0:00 Start\n1:23 Middle\n1:02:03 End\n9:59:59 never", duration_seconds=4000)
    assert re.findall(r'href="([^"]+)"', shown) == ["?t=0", "?t=83", "?t=3723"]
    assert "<a" not in render("1:23")
    assert "<a" not in render("ratio 16:9, at 12:3, v1:23x, 1:23:45:67, 10:30.5, 1:75", duration_seconds=1e6)


def test_excerpts_are_words_alone() -> None:
    assert excerpt("# Title\n\nOne **two**\nthree [four](https://a.example) `five`\n\n- six") == (
        "Title One two three four five six"
    )
    assert excerpt("<b>bold</b> & co") == "<b>bold</b> & co"
    long = excerpt("word " * 100, 50)
    assert long == "word word word word word word word word word word…"
    assert len(long) <= 50
    assert excerpt("x" * 300, 50) == "x" * 49 + "…"
    assert excerpt("") == ""

"""Descriptions: Markdown (CommonMark) into HTML that can do nothing, and into plain words.

Two walls: the parser knows no raw HTML and lets through only what may be a link, and what it writes is
cleaned again, by a list of the tags and addresses that a description needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_SCHEMES = frozenset({"http", "https", "mailto"})
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)
_SEEK = re.compile(r"\?t=\d+")
# A bare address, or a time as clocks write it. Neither in the middle of a word or of another number.
_FOUND = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"“”]+)"
    r"|(?<![\w:./])(?P<time>(?:\d{1,2}:[0-5]\d|\d{1,3}):[0-5]\d)(?![\w:]|\.\d)",
    re.IGNORECASE,
)
# What ends a sentence rather than an address; brackets are weighed against those that the address opens.
_TRAILING = ".,:;!?'\"*_~»”’"
_CLOSING = {")": "(", "]": "["}
_TAGS = {"p", "br", "a", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "hr"}
_HEADINGS = {"h3", "h4", "h5", "h6"}
_LOWEST_HEADING = 6
_REMEMBERED = 512


@lru_cache(_REMEMBERED)
def render(source: str, *, duration_seconds: float | None = None) -> str:
    """Safe HTML. Headings begin at ``h3``, below a page's own; times such as ``1:23`` lead to ``?t=83``, as
    long as they lie within ``duration_seconds``.
    """
    tokens = _parser().parse(source)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(_LOWEST_HEADING, int(token.tag[1:]) + 2)}"
        if token.type == "inline" and token.children:
            token.children = list(_linked(token.children, duration_seconds))
    return nh3.clean(
        _parser().renderer.render(tokens, _parser().options, {}),
        tags=_TAGS | _HEADINGS,
        clean_content_tags={"script", "style"},
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        attribute_filter=_attribute,
        url_schemes=set(_SCHEMES),
        link_rel="nofollow ugc noopener",
    )


@lru_cache(_REMEMBERED)
def excerpt(source: str, length: int = 200) -> str:
    """The words alone, in one line of at most ``length`` characters, cut between words where it can be."""
    # What is beyond is cut anyway; markup makes a text longer, but not twentyfold.
    tokens = _parser().parse(source[: 20 * length])
    text = " ".join("".join(_words(tokens)).split())
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    head, _, _ = text[:length].rpartition(" ")
    return f"{(head if len(head) > length // 2 else cut).rstrip(' .,;:–-')}…"


@lru_cache(1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
    parser.enable("strikethrough").disable(["image", "html_inline", "html_block"])
    parser.validateLink = _is_address  # type: ignore[method-assign]
    return parser


def _is_address(url: str) -> bool:
    return _ADDRESS.fullmatch(url) is not None


def _attribute(_: str, name: str, value: str) -> str | None:
    if name == "href" and not (_is_address(value) or _SEEK.fullmatch(value)):
        return None
    return value


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children:
            yield from _words(token.children)
        elif token.type in {"text", "code_inline", "code_block", "fence"}:
            yield token.content
        elif token.type in {"softbreak", "hardbreak"}:
            yield " "
        if token.block:
            yield " "


def _linked(tokens: list[Token], duration_seconds: float | None) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and depth == 0:
            yield from _found(token.content, duration_seconds)
        else:
            yield token


def _found(text: str, duration_seconds: float | None) -> Iterator[Token]:
    at = 0
    for match in _FOUND.finditer(text):
        shown = match[0]
        if match["url"]:
            shown = _without_end(shown)
            target = _parser().normalizeLink(shown)
        else:
            seconds = _seconds(shown)
            if duration_seconds is None or seconds >= duration_seconds:
                continue
            target = f"?t={seconds}"
        yield _text(text[at : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": target})
        yield _text(shown)
        yield Token("link_close", "a", -1)
        at = match.start() + len(shown)
    yield _text(text[at:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _without_end(url: str) -> str:
    """An address without the punctuation of the sentence in which it stands."""
    while url:
        last = url[-1]
        opening = _CLOSING.get(last)
        if last in _TRAILING or (opening is not None and url.count(last) > url.count(opening)):
            url = url[:-1]
        else:
            break
    return url


def _seconds(clock: str) -> int:
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return total

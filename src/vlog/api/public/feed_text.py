"""A list of videos as RSS 2.0 (with Media RSS 1.5) and as Atom (RFC 4287)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from vlog.api.public.shapes import VideoItem
from vlog.api.public.xml_text import DECLARATION, element, empty, escaped, http_date, picture_of
from vlog.kit.markdown import excerpt

HLS = "application/vnd.apple.mpegurl"
_WORDS = 1000
# A feed of nothing has been like this since always.
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What a feed is of. ``base`` is the site's address, ``page_path`` the page that shows the same list,
    ``path`` the feed's own without its ending; ``streams`` are paths of playlists by video id.
    """

    title: str
    description: str
    base: str
    page_path: str
    path: str
    videos: list[VideoItem]
    streams: dict[int, str]

    @property
    def changed_at(self) -> datetime:
        """When the youngest of the videos was published."""
        return max((_moment(video) for video in self.videos), default=_NEVER)


def rss(feed: Feed) -> str:
    """https://www.rssboard.org/rss-specification, https://www.rssboard.org/media-rss"""
    parts = [
        DECLARATION,
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:media="http://search.yahoo.com/mrss/"><channel>',
        element("title", feed.title),
        element("link", feed.base + feed.page_path),
        element("description", feed.description or feed.title),
        element("lastBuildDate", format_datetime(feed.changed_at, usegmt=True)),
        empty("atom:link", href=f"{feed.base}{feed.path}.rss", rel="self", type="application/rss+xml"),
        *(_item(feed, video) for video in feed.videos),
        "</channel></rss>\n",
    ]
    return "".join(parts)


def atom(feed: Feed) -> str:
    """The same as RFC 4287 wants it."""
    page = feed.base + feed.page_path
    parts = [
        DECLARATION,
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">',
        element("title", feed.title),
        element("subtitle", feed.description) if feed.description else "",
        element("id", page),
        element("updated", feed.changed_at.isoformat()),
        f"<author>{element('name', feed.title)}</author>",
        empty("link", href=page, rel="alternate", type="text/html"),
        empty("link", href=f"{feed.base}{feed.path}.atom", rel="self", type="application/atom+xml"),
        *(_entry(feed, video) for video in feed.videos),
        "</feed>\n",
    ]
    return "".join(parts)


def _item(feed: Feed, video: VideoItem) -> str:
    stream = feed.base + feed.streams[video.id]
    # A stream has no length that could be told beforehand; the specification's best practice is then 0.
    parts = [
        element("title", video.title),
        element("link", f"{feed.base}/watch/{video.slug}"),
        element("guid", _identity(feed, video), isPermaLink="false"),
        element("pubDate", http_date(video)),
        element("description", excerpt(video.description, _WORDS)),
        element("category", video.category_name) if video.category_name else "",
        *(element("category", tag.name) for tag in video.tags),
        empty("enclosure", url=stream, length=0, type=HLS),
        _media(feed, video, stream),
    ]
    return f"<item>{''.join(parts)}</item>"


def _entry(feed: Feed, video: VideoItem) -> str:
    stream = feed.base + feed.streams[video.id]
    moment = _moment(video).isoformat()
    parts = [
        element("title", video.title),
        empty("link", href=f"{feed.base}/watch/{video.slug}", rel="alternate", type="text/html"),
        empty("link", href=stream, rel="enclosure", type=HLS),
        element("id", _identity(feed, video)),
        element("published", moment),
        element("updated", moment),
        element("summary", excerpt(video.description, _WORDS)),
        *(empty("category", term=tag.slug, label=tag.name) for tag in video.tags),
        _media(feed, video, stream),
    ]
    return f"<entry>{''.join(parts)}</entry>"


def _media(feed: Feed, video: VideoItem, stream: str) -> str:
    duration = {"duration": round(video.duration)} if video.duration else {}
    content = empty("media:content", url=stream, type=HLS, medium="video", **duration)
    picture = picture_of(video)
    if picture is None:
        return content
    path, width, height = picture
    return content + empty("media:thumbnail", url=feed.base + path, width=width, height=height)


def _identity(feed: Feed, video: VideoItem) -> str:
    """Stays when the video is renamed (RFC 4151)."""
    host = feed.base.partition("://")[2].partition("/")[0].partition(":")[0]
    return f"tag:{escaped(host)},2026:video-{video.id}"


def _moment(video: VideoItem) -> datetime:
    return video.published_at or video.created_at

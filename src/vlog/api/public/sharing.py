"""What other sites are told of a video: previews (OpenGraph, Twitter cards), frames (embed code), and facts
for search engines (schema.org, JSON-LD).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from vlog.api.media_urls import wide_picture
from vlog.api.public.shapes import VideoDetail
from vlog.catalog.rows import VideoRow
from vlog.context import Context
from vlog.kit.markdown import excerpt
from vlog.settings.known import EMBED_DOMAINS

PREVIEW_LENGTH = 200
WIDTH, HEIGHT = 1280, 720
_DOMAIN = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Shared:
    """How a video is shown elsewhere; all addresses are absolute.

    ``is_open``: every site may show it in a frame, so previews may offer the player itself.
    """

    title: str
    description: str
    page_url: str
    embed_url: str
    oembed_url: str
    embed_code: str
    image_url: str | None
    image_size: tuple[int, int] | None
    image_type: str
    hls_url: str | None
    size: tuple[int, int]
    is_open: bool
    is_listed: bool


async def of_video(ctx: Context, row: VideoRow, video: VideoDetail) -> Shared:
    """What others are told of this video."""
    base = ctx.config.public_base_url
    page_url, embed_url = f"{base}/watch/{video.slug}", f"{base}/embed/{video.slug}"
    size = fitting(video.source_width, video.source_height, box=(WIDTH, HEIGHT))
    picture = wide_picture(row)
    path = picture.url if picture is not None else video.thumbnail_url
    return Shared(
        title=video.title,
        description=excerpt(video.description, PREVIEW_LENGTH),
        page_url=page_url,
        embed_url=embed_url,
        oembed_url=f"{base}/oembed?url={base}/watch/{video.slug}",
        embed_code=embed_code(embed_url, video.title, size),
        image_url=f"{base}{path}" if path is not None else None,
        image_size=(picture.width, picture.height) if picture is not None else None,
        image_type="image/jpeg",
        hls_url=f"{base}{video.stream_url}" if video.stream_url is not None else None,
        size=size,
        is_open=not await allowed_domains(ctx),
        is_listed=row.visibility == "public",
    )


def embed_code(url: str, title: str, size: tuple[int, int]) -> str:
    """The frame that a visitor pastes into a page of his own."""
    width, height = size
    return (
        f'<iframe src="{escape(url)}" title="{escape(title)}" width="{width}" height="{height}"'
        ' style="border:0;max-width:100%" loading="lazy" allow="autoplay; fullscreen; picture-in-picture"'
        " allowfullscreen></iframe>"
    )


def fitting(width: int, height: int, *, box: tuple[int, int]) -> tuple[int, int]:
    """The largest size of this shape within ``box``; of what has no picture, the box."""
    if width <= 0 or height <= 0:
        return box
    scale = min(box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


async def allowed_domains(ctx: Context) -> list[str]:
    """The sites that may show videos in frames; none means all."""
    text = (await ctx.settings.get(EMBED_DOMAINS)).lower()
    return [each for each in re.split(r"[\s,]+", text) if _DOMAIN.fullmatch(each)]


def structured(video: VideoDetail, shared: Shared, *, site_name: str) -> list[dict[str, object]]:
    """The same as facts: ``VideoObject`` with its chapters as clips, and the way to it."""
    home = shared.page_url.removesuffix(f"/watch/{video.slug}")
    trail = [(site_name, f"{home}/")]
    if video.category_name and video.category_slug:
        trail.append((video.category_name, f"{home}/category/{video.category_slug}"))
    trail.append((video.title, shared.page_url))
    crumbs = [
        {"@type": "ListItem", "position": place, "name": name, "item": url}
        for place, (name, url) in enumerate(trail, start=1)
    ]
    found: list[dict[str, object]] = [
        {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": crumbs}
    ]
    # Without picture and date there is no VideoObject that anybody would take.
    if video.status == "ready" and shared.image_url and video.published_at:
        found.insert(0, _video_object(video, shared))
    return found


def _video_object(video: VideoDetail, shared: Shared) -> dict[str, object]:
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": video.title,
        "description": shared.description or video.title,
        "url": shared.page_url,
        "embedUrl": shared.embed_url,
        "thumbnailUrl": [shared.image_url],
        "uploadDate": video.published_at.isoformat() if video.published_at else None,
        "keywords": ", ".join(tag.name for tag in video.tags) or None,
        "genre": video.category_name,
        "duration": duration_iso(video.duration) if video.duration else None,
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": {"@type": "WatchAction"},
            "userInteractionCount": video.view_count,
        }
        if video.view_count
        else None,
        "hasPart": _clips(video, shared) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _clips(video: VideoDetail, shared: Shared) -> list[dict[str, object]]:
    chapters = sorted(video.chapters, key=lambda each: each.start_time)
    ends = [*(each.start_time for each in chapters[1:]), video.duration or 0.0][: len(chapters)]
    return [
        {
            "@type": "Clip",
            "name": chapter.title,
            "startOffset": int(chapter.start_time),
            "endOffset": round(chapter.end_time if chapter.end_time is not None else end),
            "url": f"{shared.page_url}?t={int(chapter.start_time)}",
        }
        for chapter, end in zip(chapters, ends, strict=True)
    ]


def duration_iso(seconds: float) -> str:
    """ISO 8601: 3723 → ``PT1H2M3S``."""
    total = round(seconds)
    parts = ((total // 3600, "H"), (total % 3600 // 60, "M"), (total % 60, "S"))
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")

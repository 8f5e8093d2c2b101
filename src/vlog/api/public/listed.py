"""What other sites and search engines are told of a page of many videos (schema.org, JSON-LD)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vlog.api.public.playlists import PlaylistItem
from vlog.api.public.shapes import VideoItem

# Beyond the first page there is nothing that a search engine would show.
_MOST = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A category, a tag or a playlist: ``base`` is the site's address, paths are within it."""

    base: str
    site_name: str
    parent_path: str
    path: str
    name: str
    description: str = ""

    def structured(self, videos: Sequence[VideoItem]) -> list[dict[str, object]]:
        """``CollectionPage`` with its videos in order, and the way to it."""
        entries = [
            {
                "@type": "ListItem",
                "position": place,
                "name": each.title,
                "url": f"{self.base}/watch/{each.slug}",
            }
            for place, each in enumerate(videos[:_MOST], start=1)
        ]
        page: dict[str, object] = {
            "@context": "https://schema.org",
            "@type": "CollectionPage",
            "name": self.name,
            "url": f"{self.base}{self.path}",
            "mainEntity": {"@type": "ItemList", "numberOfItems": len(entries), "itemListElement": entries},
        }
        if self.description:
            page["description"] = self.description
        return [page, self._crumbs()]

    def image_url(self, items: Sequence[VideoItem] | Sequence[PlaylistItem]) -> str | None:
        """The largest JPEG of the first that has a picture; ``None`` where none has."""
        for each in items:
            jpegs = [file for file in each.thumbnails if file.format == "jpeg"]
            best = max(jpegs, key=lambda file: file.width, default=None)
            path = best.url if best is not None else each.thumbnail_url
            if path is not None:
                return f"{self.base}{path}"
        return None

    def _crumbs(self) -> dict[str, object]:
        overview = self.parent_path.removeprefix("/").capitalize()
        trail = ((self.site_name, "/"), (overview, self.parent_path), (self.name, self.path))
        return {
            "@context": "https://schema.org",
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": place, "name": name, "item": f"{self.base}{path}"}
                for place, (name, path) in enumerate(trail, start=1)
            ],
        }

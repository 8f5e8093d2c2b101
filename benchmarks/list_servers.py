"""``python -m benchmarks.list_servers uncached|peer``: servers that the list is measured on, as processes.

``uncached`` is the public service with a cache that keeps nothing. ``peer`` answers the same question as one
writes it first: FastAPI, a pydantic model as ``response_model``, the same query on the same driver.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from vlog.api import serve
from vlog.api.app import Service, build_public
from vlog.api.media_urls import thumbnail_url, thumbnails
from vlog.catalog import listing
from vlog.catalog.query import EVERYTHING, Order
from vlog.config import Config, load
from vlog.context import Context, open_context
from vlog.telemetry.logs import configure


class PeerThumbnail(BaseModel):
    """One size."""

    width: int
    height: int
    format: str
    url: str


class PeerItem(BaseModel):
    """One video of the list."""

    id: int
    title: str
    slug: str
    description: str
    category_id: int | None
    category_name: str | None
    duration: float | None
    status: str
    created_at: datetime
    published_at: datetime | None
    thumbnail_url: str | None
    thumbnails: list[PeerThumbnail]
    thumbnail_source: str
    thumbnail_timestamp: float | None
    streaming_format: str
    primary_codec: str


class PeerPage(BaseModel):
    """One page of the list."""

    videos: list[PeerItem]
    next_cursor: str | None
    has_more: bool
    total_count: int | None


def peer(config: Config) -> FastAPI:
    """The plain form of the list."""
    held: list[Context] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with open_context(config) as ctx:
            held.append(ctx)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/api/videos")
    async def list_videos(limit: int = 50) -> PeerPage:
        page = await listing.public_page(held[0].db, EVERYTHING, Order(), after=None, limit=limit)
        items = [
            PeerItem(
                **{name: value for name, value in video._asdict().items() if name in PeerItem.model_fields},
                thumbnail_url=thumbnail_url(video),
                thumbnails=[
                    PeerThumbnail(width=each.width, height=each.height, format=each.format, url=each.url)
                    for each in thumbnails(video)
                ],
            )
            for video in page.items
        ]
        more = page.next_position is not None
        return PeerPage(videos=items, next_cursor=None, has_more=more, total_count=None)

    return app


def uncached(ctx: Context) -> Service:
    """The public service, which asks the database for every answer."""
    service = build_public(ctx)
    service.app.state.answers.life_seconds = 0.0
    return service


def main(mode: str) -> None:
    """Serve on the configured public port until killed."""
    config = load()
    configure(config)
    if mode == "peer":
        uvicorn.run(
            peer(config), host=config.host, port=config.public_port, access_log=False, log_config=None
        )
        return
    # The same listener, protocol and edge as always; only the cache differs.
    serve._BUILDERS["public"] = uncached
    serve.run(config, ("public",))


if __name__ == "__main__":
    main(sys.argv[1])

"""Builds the three applications: which routers stand in which zone, and what ``app.state`` holds for them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Route

from vlog.accounts.secret import AdminSecret
from vlog.api import errors, headers, health, hot
from vlog.api.admin import (
    archive,
    audit,
    auth,
    bulk,
    categories,
    chapters,
    dashboard,
    events,
    fields,
    guard,
    inbox,
    library_pages,
    markdown,
    playlists,
    resumable,
    sources,
    storage,
    tags,
    thumbnail,
    transfer,
    uploads,
)
from vlog.api.admin import health as admin_health
from vlog.api.admin import pages as admin_pages
from vlog.api.admin import parts as admin_parts
from vlog.api.admin import videos as admin_videos
from vlog.api.admin.events import ProgressFeed
from vlog.api.admin.guard import Gate
from vlog.api.assets import Assets
from vlog.api.awaiting import Awaiting
from vlog.api.contract import Application
from vlog.api.fast_lane import FastLane
from vlog.api.media_answers import Answering
from vlog.api.media_paths import MEDIA_PREFIX
from vlog.api.mediafiles import METHODS, MediaFiles
from vlog.api.micro_cache import MicroCache
from vlog.api.middleware import EVERY_HOST, Edge
from vlog.api.places import Places
from vlog.api.public import (
    embedding,
    feeds,
    listing_pages,
    own_pages,
    search_page,
    site_files,
    sitemap,
    speaking,
    watch_page,
)
from vlog.api.public import pages as public_pages
from vlog.api.public import playlists as public_playlists
from vlog.api.public import search as public_search
from vlog.api.public import taxonomy as public_taxonomy
from vlog.api.public import videos as public_videos
from vlog.api.ratelimit import FailureLimiter
from vlog.api.render import Pages
from vlog.api.worker import health as worker_health
from vlog.config import Config
from vlog.context import Context
from vlog.kit.hosts import KnownHosts
from vlog.kit.supervise import Loop
from vlog.processing.resumable import ResumableUploads

# People mistype; programs that guess try thousands.
FAILURES_PER_ADDRESS = 10
FAILURES_IN_TOTAL = 100
FAILURE_WINDOW_SECONDS = 60.0


@dataclass(frozen=True)
class Service:
    """An application, the loops that it needs beside it, and what is to be done when it has stopped."""

    app: FastAPI
    loops: tuple[tuple[str, Loop], ...] = ()
    close: Callable[[], None] = lambda: None


def build_public(ctx: Context) -> Service:
    """Port 9000: site and public API."""
    policy = headers.policy(may_be_framed=True)
    app = _app("VLog public API", ctx, policy=policy, head_as_get=True)
    assets = Assets()
    places = Places(ctx.db)
    awaiting = Awaiting(ctx)
    app.state.pages = Pages(assets)
    answers = app.state.answers = MicroCache()
    errors.install(app, public_pages.error_page)
    for router in (
        health.router(),
        public_videos.router,
        public_taxonomy.router,
        public_playlists.router,
        public_search.router,
        public_pages.router,
        watch_page.router,
        embedding.router,
        speaking.router,
        search_page.router,
        listing_pages.router,
        own_pages.router,
        feeds.router,
        sitemap.router,
        site_files.router,
    ):
        app.include_router(router)
    # What every page begins with. The route beside it says that it is there, and answers other methods.
    listed = ExceptionMiddleware(hot.direct(public_videos.list_videos), handlers=app.exception_handlers)
    proxies = ctx.config.trusted_proxies
    app.direct = {"/api/videos": Edge(listed, headers=policy, proxies=proxies, head_as_get=True)}
    policy = policy.for_other_sites()
    answering = Answering(policy, is_private=False, accel_prefix=ctx.config.x_accel_prefix)
    media = MediaFiles(ctx.storage, places, awaiting, answering=answering)
    _serve_files(app, assets, media, policy=policy)
    loops: tuple[tuple[str, Loop], ...] = (
        ("public places", lambda stopping: places.follow(ctx.bus, stopping)),
        ("public answers", lambda stopping: answers.follow(ctx.bus, stopping)),
        ("public segments", awaiting.follow),
        ("public demand", awaiting.tend),
    )
    return Service(app, loops=loops)


def build_admin(ctx: Context) -> Service:
    """Port 9001: admin site and admin API."""
    policy = headers.policy(may_be_framed=False)
    app = _app("VLog admin API", ctx, policy=policy, hosts=_own_hosts(ctx.config))
    assets = Assets()
    places = Places(ctx.db)
    awaiting = Awaiting(ctx)
    secret = AdminSecret(ctx.db, ctx.config.admin_secret)
    limiter = FailureLimiter(
        per_key=FAILURES_PER_ADDRESS, total=FAILURES_IN_TOTAL, window_seconds=FAILURE_WINDOW_SECONDS
    )
    feed = ProgressFeed(ctx)
    app.state.pages = Pages(assets)
    app.state.gate = Gate(ctx.db, secret, limiter)
    app.state.feed = feed
    app.state.resumable = ResumableUploads(ctx)
    errors.install(app, admin_pages.error_page)
    for router in _admin_routers():
        app.include_router(router)
    answering = Answering(policy, is_private=True, accel_prefix=ctx.config.x_accel_prefix)
    media = MediaFiles(ctx.storage, places, awaiting, answering=answering, authorize=guard.authorize_media)
    _serve_files(app, assets, media, policy=policy, hosts=_own_hosts(ctx.config))
    loops: tuple[tuple[str, Loop], ...] = (
        ("admin places", lambda stopping: places.follow(ctx.bus, stopping)),
        ("admin segments", awaiting.follow),
        ("admin demand", awaiting.tend),
        ("progress hints", feed.listen),
        ("progress events", feed.flush),
        ("event streams", feed.hub.beat),
    )
    return Service(app, loops=loops, close=secret.close)


def build_worker(ctx: Context) -> Service:
    """Port 9002: the Worker API."""
    policy = headers.policy(may_be_framed=False)
    app = _app("VLog Worker API", ctx, policy=policy, hosts=_own_hosts(ctx.config))
    errors.install(app)
    app.include_router(worker_health.router)
    return Service(app)


def _admin_routers() -> tuple[APIRouter, ...]:
    return (
        health.router(),
        admin_health.router,
        storage.router,
        auth.open_router,
        auth.router,
        categories.router,
        tags.router,
        playlists.router,
        # Before all that is of one video: ``bulk`` is no video's id.
        bulk.router,
        fields.router,
        chapters.router,
        thumbnail.router,
        markdown.router,
        sources.router,
        audit.router,
        archive.router,
        dashboard.router,
        uploads.router,
        inbox.router,
        resumable.router,
        # Before the videos': ``export`` is no video's id.
        transfer.router,
        # "/archived" before any number of a video, one chapter after what chapters can be made of.
        admin_parts.router,
        admin_videos.router,
        events.router,
        admin_pages.open_router,
        admin_pages.router,
        library_pages.router,
    )


def _own_hosts(config: Config) -> KnownHosts:
    """By which names the services are reached that are not for everybody."""
    addresses = (config.admin_base_url, config.public_base_url)
    names = [urlsplit(address).hostname or "" for address in addresses]
    return config.allowed_hosts.also([*names, config.host, socket.gethostname()])


def _app(
    title: str,
    ctx: Context,
    *,
    policy: headers.HeaderPolicy,
    head_as_get: bool = False,
    hosts: KnownHosts = EVERY_HOST,
) -> Application:
    # No interactive docs: they load scripts from elsewhere. The schema is a file of the repository.
    app = Application(
        title=title,
        version=version("vlog"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.context = ctx
    proxies = ctx.config.trusted_proxies
    app.add_middleware(Edge, headers=policy, proxies=proxies, head_as_get=head_as_get, hosts=hosts)
    return app


def _serve_files(
    app: Application,
    assets: Assets,
    media: MediaFiles,
    *,
    policy: headers.HeaderPolicy,
    hosts: KnownHosts = EVERY_HOST,
) -> None:
    # The router never sees a request for media; the route says to readers of the routes that it is there.
    guarded = ExceptionMiddleware(media, handlers=app.exception_handlers)
    edge = Edge(guarded, headers=policy, proxies=app.state.context.config.trusted_proxies, hosts=hosts)
    app.media = edge
    app.fast_lane = FastLane(edge, media)
    app.router.routes.append(Route("/static/{name}", assets, methods=["GET", "HEAD"], name="static"))
    app.router.routes.append(Route(MEDIA_PREFIX + "{path:path}", media, methods=METHODS, name="media"))

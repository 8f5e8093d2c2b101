"""The admin secret, the link that chooses it, and the sessions of those who know it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.support.databases import shift_clock
from vlog.accounts import passwords, sessions, setup
from vlog.accounts.passwords import SlowHasher
from vlog.accounts.secret import AdminSecret
from vlog.context import Context
from vlog.db.engine import Database
from vlog.kit.errors import Conflict, Invalid, NotPermitted, TooMany

SECRET = "correct horse battery"


@pytest.fixture
async def secret(db: Database) -> AsyncIterator[AdminSecret]:
    """No secret configured: it has to be chosen."""
    admin_secret = AdminSecret(db, None)
    yield admin_secret
    admin_secret.close()


async def token_of(ctx: Context) -> str:
    link = await setup.create_link(ctx)
    assert link is not None
    return link.partition("#token=")[2]


async def test_the_link_chooses_the_secret_once(ctx: Context, secret: AdminSecret) -> None:
    token = await token_of(ctx)
    assert not await secret.exists()
    await setup.complete(ctx.db, secret, token=token, secret=SECRET)
    assert await secret.exists()
    assert await secret.matches(SECRET.encode())
    assert not await secret.matches(b"something else entirely")
    assert await setup.create_link(ctx) is None
    with pytest.raises(NotPermitted):
        await setup.complete(ctx.db, secret, token=token, secret=SECRET)


async def test_the_token_stands_in_the_fragment_and_is_not_stored(ctx: Context) -> None:
    link = await setup.create_link(ctx)
    assert link is not None
    address, _, token = link.partition("#token=")
    assert address == "http://127.0.0.1:9001/setup"
    assert len(token) == 43
    stored = await ctx.db.fetch("SELECT token_hash::text FROM setup_links")
    assert [token in str(row) for row in stored] == [False]


async def test_a_new_link_ends_the_old_one(ctx: Context, secret: AdminSecret) -> None:
    old, new = await token_of(ctx), await token_of(ctx)
    with pytest.raises(NotPermitted):
        await setup.complete(ctx.db, secret, token=old, secret=SECRET)
    await setup.complete(ctx.db, secret, token=new, secret=SECRET)


async def test_a_link_lives_for_a_day(ctx: Context, secret: AdminSecret) -> None:
    token = await token_of(ctx)
    await shift_clock(ctx.db, "24 hours 1 second")
    with pytest.raises(NotPermitted):
        await setup.complete(ctx.db, secret, token=token, secret=SECRET)


async def test_two_who_use_one_link_at_once(ctx: Context, secret: AdminSecret) -> None:
    token = await token_of(ctx)
    tries = [setup.complete(ctx.db, secret, token=token, secret=f"{SECRET} {n}") for n in range(5)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert results.count(None) == 1
    assert all(isinstance(each, NotPermitted | Conflict) for each in results if each is not None)


@pytest.mark.parametrize("weak", ["", "short", "eleven char", " " * 20, "x" * 1025, "\ud800" * 20])
async def test_weak_secrets_are_refused_and_the_link_stays_good(
    ctx: Context, secret: AdminSecret, weak: str
) -> None:
    token = await token_of(ctx)
    with pytest.raises(Invalid):
        await setup.complete(ctx.db, secret, token=token, secret=weak)
    await setup.complete(ctx.db, secret, token=token, secret=SECRET)


async def test_a_configured_secret_needs_no_link_and_replaces_the_stored_one(
    ctx: Context, secret: AdminSecret
) -> None:
    await setup.complete(ctx.db, secret, token=await token_of(ctx), secret=SECRET)
    configured = AdminSecret(ctx.db, "from the environment")
    assert await configured.matches(b"from the environment")
    assert not await configured.matches(SECRET.encode())
    assert not await configured.matches("é".encode())
    config = replace(ctx.config, admin_secret="from the environment")
    assert await setup.create_link(replace(ctx, config=config)) is None
    configured.close()


async def test_the_slow_hash_is_computed_once(
    ctx: Context, secret: AdminSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    await setup.complete(ctx.db, secret, token=await token_of(ctx), secret=SECRET)
    computed = []
    slow = SlowHasher.matches

    async def counted(self: SlowHasher, stored: str, presented: bytes) -> bool:
        computed.append(presented)
        return await slow(self, stored, presented)

    monkeypatch.setattr(SlowHasher, "matches", counted)
    for _ in range(5):
        assert await secret.matches(SECRET.encode())
        assert not await secret.matches(b"wrong and long enough")
    assert computed.count(SECRET.encode()) == 1
    assert computed.count(b"wrong and long enough") == 5


async def test_a_flood_of_wrong_secrets_is_turned_away(ctx: Context, secret: AdminSecret) -> None:
    await setup.complete(ctx.db, secret, token=await token_of(ctx), secret=SECRET)
    tries = [secret.matches(f"wrong {n}".encode()) for n in range(60)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    # As many as fit are answered, and a few more where the first were done before the last had come.
    assert passwords.WORKERS + passwords.QUEUE <= results.count(False) < 60
    assert sum(isinstance(each, TooMany) for each in results) == 60 - results.count(False)


async def start(db: Database, replacing: str | None = None) -> sessions.Session:
    return await sessions.start(db, replacing=replacing, address="127.0.0.1", user_agent="a\0" * 600)


async def test_sessions_are_found_until_they_end(db: Database) -> None:
    session = await start(db)
    assert await sessions.find(db, session.token) == session
    for wrong in ("", "x", session.token[:-1], session.token + "x", "é" * 43, "\0" * 43):
        assert await sessions.find(db, wrong) is None
    await sessions.end(db, session.token)
    await sessions.end(db, session.token)
    assert await sessions.find(db, session.token) is None


async def test_signing_in_again_ends_the_session_before(db: Database) -> None:
    first = await start(db)
    second = await start(db, first.token)
    assert second.token != first.token
    assert await sessions.find(db, first.token) is None


async def test_sessions_are_not_stored_in_clear(db: Database) -> None:
    session = await start(db)
    rows = await db.fetch("SELECT s::text AS text FROM admin_sessions s")
    assert not any(session.token in row["text"] or session.csrf_token in row["text"] for row in rows)


@pytest.mark.parametrize(("steps", "alive"), [(["11 hours"], True), (["12 hours"], False)])
async def test_idle_sessions_end(db: Database, steps: list[str], alive: bool) -> None:
    session = await start(db)
    for step in steps:
        await shift_clock(db, step)
    assert (await sessions.find(db, session.token) is not None) is alive


async def test_no_session_lives_longer_than_a_week(db: Database) -> None:
    session = await start(db)
    hours = range(10, 7 * 24, 10)
    for hour in hours:
        await shift_clock(db, f"{hour} hours")
        assert await sessions.find(db, session.token) is not None
    await shift_clock(db, f"{7 * 24} hours")
    assert await sessions.find(db, session.token) is None
    await start(db)
    assert await db.fetchval("SELECT count(*) FROM admin_sessions") == 1


async def test_csrf_tokens_belong_to_their_session(db: Database) -> None:
    one, two = await start(db), await start(db)
    assert sessions.csrf_matches(one.token, one.csrf_token)
    assert not sessions.csrf_matches(one.token, two.csrf_token)
    assert not sessions.csrf_matches(one.token, "")
    assert not sessions.csrf_matches(one.token, "é\ud800")

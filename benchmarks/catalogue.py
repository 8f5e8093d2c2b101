"""Lists, filters, searches, choices and relations at a million videos: what each costs in the database.

One connection asks; figures are milliseconds as the client sees them, with values drawn anew for each
question. Beside them, on the same rows, the shapes that the seed's system asked in: ``ILIKE`` over title and
description, ``OFFSET``, views counted by joining plays.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import asyncpg

from benchmarks import library
from benchmarks.report import Claim, save
from tests.support.postgres import temporary_postgres
from vlog.catalog import browse, index, query
from vlog.catalog.cursors import Position
from vlog.catalog.facets import LENGTHS, Kind, facet
from vlog.catalog.query import EVERYTHING, Order, Wanted
from vlog.catalog.search import Terms, parse
from vlog.db import migrate
from vlog.db.engine import Database

VIDEOS = int(os.environ.get("BENCH_VIDEOS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "200"))
PEER_ROUNDS = 3
PAGE = 24
GOAL_MS = 20.0

Ask = Callable[[], Awaitable[object]]


def run() -> None:
    """Measure and report."""
    asyncio.run(_run())


async def _run() -> None:
    async with temporary_postgres() as dsn:
        await migrate.upgrade(dsn)
        connection = await asyncpg.connect(dsn)
        started = time.perf_counter()
        words = await library.seed(connection, VIDEOS)
        await library.seed_sessions(connection)
        seeded = time.perf_counter() - started
        db = Database(dsn, max_connections=2)
        await db.open()
        started = time.perf_counter()
        await index.rebuild(db)
        rebuilt = time.perf_counter() - started
        await connection.execute("VACUUM ANALYZE")
        questions = _Questions(db, words, random.Random(5))
        ours = {name: await _measured(ask, ROUNDS) for name, ask in questions.ours().items()}
        peers = {name: await _measured(ask, PEER_ROUNDS) for name, ask in questions.peers().items()}
        sizes = await _sizes(connection)
        await connection.close()
        await db.close()
    save(
        "catalogue",
        [
            Claim(
                name=f"{name}, p99",
                measured=times[-1 - len(times) // 100],
                goal=GOAL_MS,
                unit="ms",
                note=f"p50 {times[len(times) // 2]:.2f}",
            )
            for name, times in ours.items()
        ],
        {
            "videos": VIDEOS,
            "rounds": ROUNDS,
            "p50_p99_ms": {name: _middle_and_end(times) for name, times in ours.items()},
            "reference_p50_max_ms": {name: _middle_and_end(times) for name, times in peers.items()},
            "sizes_mb": sizes,
            "seed_seconds": round(seeded),
            "rebuild_seconds": round(rebuilt),
        },
    )


async def _measured(ask: Ask, rounds: int) -> list[float]:
    """Milliseconds, sorted; the first question of a kind warms up."""
    await ask()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


def _middle_and_end(times: list[float]) -> tuple[float, float]:
    return round(times[len(times) // 2], 2), round(times[-1 - len(times) // 100], 2)


async def _sizes(connection: asyncpg.Connection) -> dict[str, float]:
    rows = await connection.fetch(
        "SELECT c.relname, pg_relation_size(c.oid) / 1e6::float8 AS size FROM pg_class c"
        " WHERE c.relkind IN ('r', 'i') AND c.relnamespace = 'public'::regnamespace"
        " AND pg_relation_size(c.oid) > 1e7 ORDER BY 2 DESC"
    )
    return {row["relname"]: round(row["size"], 1) for row in rows}


@dataclass
class _Questions:
    db: Database
    words: list[str]
    rng: random.Random

    def ours(self) -> dict[str, Ask]:
        """Each kind of question that a page asks."""
        lists = {
            "newest": lambda: self._page(EVERYTHING),
            "newest, deep": lambda: self._page(EVERYTHING, after=self._deep_date()),
            "title, deep": lambda: self._page(
                EVERYTHING, Order(sort="title", descending=False), after=Position(self._word(), 1)
            ),
            "longest": lambda: self._page(self._tagged(), Order(sort="duration")),
            "most seen": lambda: self._page(EVERYTHING, Order(sort="views")),
            "most seen of a category": lambda: self._page(self._of_category(), Order(sort="views")),
            "tag": lambda: self._page(self._tagged()),
            "tag, deep": lambda: self._page(self._tagged(), after=self._deep_date()),
            "two tags": lambda: self._page(self._tagged(2)),
            "category, tag, length": lambda: self._page(self._filtered()),
            "word, by relevance": lambda: self._page(Wanted(terms=self._terms(1)), Order(sort="relevance")),
            "two words, by relevance": lambda: self._page(
                Wanted(terms=self._terms(2)), Order(sort="relevance")
            ),
            "word, newest": lambda: self._page(Wanted(terms=self._terms(1))),
            "word, newest, deep": lambda: self._page(Wanted(terms=self._terms(1)), after=self._deep_date()),
            "two letters, by relevance": lambda: self._page(
                Wanted(terms=parse(self._word()[:2])), Order(sort="relevance")
            ),
            "word, most seen": lambda: self._page(Wanted(terms=self._terms(1)), Order(sort="views")),
            "word of a category, by title": lambda: self._page(
                Wanted(terms=self._terms(1), all_of=self._of_category().all_of), Order(sort="title")
            ),
        }
        others: dict[str, Ask] = {
            "count of a search": lambda: self._count(Wanted(terms=self._terms(1))),
            "count of a tag": lambda: browse.count(self.db, "catalog", self._tagged()),
            "choices, all": lambda: browse.choices(self.db, "catalog", EVERYTHING),
            "choices of a search": lambda: self._choices(Wanted(terms=self._terms(1))),
            "choices of a category": lambda: browse.choices(self.db, "catalog", self._of_category()),
            "related": lambda: browse.related_ids(self.db, self.rng.randint(1, VIDEOS), limit=12),
            "typing": lambda: browse.completions(self.db, "catalog", self._word()[:2], limit=8),
            "misspelt": lambda: browse.corrected(self.db, "catalog", self._misspelt()),
        }
        return {**lists, **others}

    def peers(self) -> dict[str, Ask]:
        """The same, in the shapes of the seed's system."""
        like = "v.title ILIKE '%' || $1 || '%' OR v.description ILIKE '%' || $1 || '%'"
        views = (
            "SELECT v.id, count(DISTINCT p.id) FROM videos v"
            " LEFT JOIN playback_sessions p ON p.video_id = v.id"
        )
        return {
            "ILIKE": lambda: self.db.fetch(
                f"SELECT id FROM videos v WHERE {like} ORDER BY published_at DESC LIMIT {PAGE}", self._word()
            ),
            "OFFSET": lambda: self.db.fetch(
                f"SELECT id FROM videos ORDER BY published_at DESC LIMIT {PAGE} OFFSET $1", VIDEOS // 2
            ),
            "newest, with its plays joined": lambda: self._slowly(
                f"{views} GROUP BY v.id ORDER BY v.published_at DESC LIMIT {PAGE}"
            ),
        }

    async def _slowly(self, sql: str) -> None:
        async with self.db.acquired() as connection, connection.transaction():
            await connection.execute("SET LOCAL statement_timeout = '60s'")
            await connection.fetch(sql, timeout=60)

    async def _count(self, wanted: Wanted) -> None:
        await browse.count(self.db, "catalog", await self._bounded(wanted))

    async def _choices(self, wanted: Wanted) -> None:
        await browse.choices(self.db, "catalog", await self._bounded(wanted))

    async def _bounded(self, wanted: Wanted) -> Wanted:
        """As the product asks: a part of what is measured."""
        if wanted.terms is None:
            return wanted
        return replace(wanted, terms=await browse.bounded(self.db, wanted.terms))

    async def _page(
        self, wanted: Wanted, order: Order | None = None, *, after: Position | None = None
    ) -> None:
        wanted = await self._bounded(wanted)
        sql, by, values = query.page("catalog", wanted, order or Order(), after=after, limit=PAGE + 1)
        await self.db.fetch(
            f"SELECT v.id, v.title FROM ({sql}) page JOIN videos v ON v.id = page.video_id ORDER BY {by}",
            *values,
        )

    def _word(self) -> str:
        # As people search: rather frequent words, now and then a rare one.
        return self.words[int(len(self.words) * self.rng.random() ** 2.5)]

    def _terms(self, count: int) -> Terms:
        terms = parse(" ".join(self._word() for _ in range(count)))
        assert terms is not None
        return terms

    def _misspelt(self) -> Terms:
        word = self._word()
        at = self.rng.randrange(len(word))
        terms = parse(word[:at] + "x" + word[at + 1 :])
        assert terms is not None
        return terms

    def _tagged(self, count: int = 1) -> Wanted:
        tags = {1 + int(library.TAGS * self.rng.random() ** 3) % library.TAGS for _ in range(count)}
        return Wanted(all_of=frozenset(facet(Kind.TAG, tag) for tag in tags))

    def _of_category(self) -> Wanted:
        return Wanted(all_of=frozenset({facet(Kind.CATEGORY, self.rng.randint(1, library.CATEGORIES))}))

    def _filtered(self) -> Wanted:
        lengths = frozenset(facet(Kind.LENGTH, each) for each in (LENGTHS["short"], LENGTHS["medium"]))
        return Wanted(all_of=self._tagged().all_of | self._of_category().all_of, any_of=(lengths,))

    def _deep_date(self) -> Position:
        moment = library.FIRST + timedelta(seconds=self.rng.random() * library.SPAN_SECONDS)
        return Position(moment, self.rng.randint(1, VIDEOS))

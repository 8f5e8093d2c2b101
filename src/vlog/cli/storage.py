"""`vlog storage`: the stored files, compared with what the rows say of them, and mended where possible."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace

from rich import progress as bars
from rich.console import Console

from vlog.catalog import videos
from vlog.cli.database import reachable
from vlog.cli.plain import DEBUG, FAILED, complain, run_plainly
from vlog.config import Config, load
from vlog.context import Context, open_context
from vlog.db import installation
from vlog.kit.errors import Conflict, NotFound, VlogError
from vlog.kit.lines import printable
from vlog.processing import findings
from vlog.processing.findings import Finding
from vlog.processing.repair import repair
from vlog.processing.verification import OnProgress, Progress, Verification
from vlog.storage.tree import Tree
from vlog.telemetry.logs import configure


def main() -> None:
    """Run ``verify`` or ``adopt``. Raises ``VlogError`` in plain words; ends with 1 when files are wrong that
    nobody knows of.
    """
    options = _options([word for word in sys.argv[1:] if word != DEBUG])
    config = load()
    configure(replace(config, log_level="error"))
    work = _verify if options.action == "verify" else _adopt
    if asyncio.run(work(config, options)):
        sys.exit(FAILED)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vlog storage")
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify")
    verify.add_argument("--video", type=int)
    verify.add_argument("--repair", action="store_true")
    verify.add_argument("--json", action="store_true")
    verify.add_argument("--rate", type=int, default=0)
    actions.add_parser("adopt")
    return parser.parse_args(words)


async def _verify(config: Config, options: argparse.Namespace) -> bool:
    async with (
        reachable(config) as dsn,
        open_context(replace(config, database_url=dsn), max_connections=2) as ctx,
    ):
        await ctx.storage.check()
        with _Bar(silent=options.json) as bar:
            verification = Verification(ctx, rate=options.rate << 20, on_progress=bar.show)
            if options.video is None:
                found = await verification.everything()
            else:
                await videos.by_id(ctx.db, options.video)
                found = await verification.video(options.video)
        mended = await _repair(ctx, found) if options.repair else []
        told = _Told(
            mended=frozenset(each.key for each in mended), known=await findings.acknowledged(ctx.db, found)
        )
    _tell(found, told, seen=verification.progress, as_json=options.json)
    return any(each.key not in told.mended | told.known for each in found)


async def _repair(ctx: Context, found: Sequence[Finding]) -> list[Finding]:
    by_video: defaultdict[int, list[Finding]] = defaultdict(list)
    for each in found:
        if each.video_id is not None:
            by_video[each.video_id].append(each)
    mended: list[Finding] = []
    for video_id, wrong in by_video.items():
        try:
            mended += await repair(ctx, video_id, found=wrong)
        except VlogError as error:
            complain(f"Video {video_id} can't be mended now: {error.message}")
    return mended


@dataclass(frozen=True, kw_only=True)
class _Told:
    """Keys of what is being made again, and of what somebody has acknowledged."""

    mended: frozenset[str]
    known: frozenset[str]

    def words(self, finding: Finding) -> str:
        if finding.key in self.mended:
            return "It is being made again."
        return f"Acknowledged. {finding.advice}" if finding.key in self.known else finding.advice

    def document(self, finding: Finding) -> dict[str, object]:
        told = {"mending": finding.key in self.mended, "acknowledged": finding.key in self.known}
        return {**asdict(finding), "found_at": None, "advice": finding.advice, **told}


def _tell(found: Sequence[Finding], told: _Told, *, seen: Progress, as_json: bool) -> None:
    if as_json:
        listed = [told.document(each) for each in found]
        print(json.dumps({"files": seen.files, "size_bytes": seen.size_bytes, "findings": listed}, indent=2))
        return
    print(f"{seen.files} files ({seen.size_bytes / 1000**2:.0f} MB) compared.")
    if not found:
        print("Everything is as it should be.")
    for each in found:
        print(f"{each.kind:8} {printable(each.key)}")
        print(f"         {told.words(each)}")


async def _adopt(config: Config, _: argparse.Namespace) -> bool:
    """Mark the folder as this installation's. Raises ``Conflict`` when it carries another one's marker."""
    tree = Tree(config.storage_path)
    async with (
        reachable(config) as dsn,
        open_context(replace(config, database_url=dsn), max_connections=2) as ctx,
    ):
        installation_id = await installation.identify(ctx.db)
        try:
            found = tree.read_marker()
        except NotFound:
            found = None
        if found is not None and found != installation_id:
            raise Conflict(f"{config.storage_path} belongs to another installation.", code="foreign_storage")
        if found is None:
            tree.write_marker(installation_id)
    print(f"{config.storage_path} is this installation's storage.")
    return False


class _Bar:
    """How far a check is, with the time that is left; on a terminal only."""

    def __init__(self, *, silent: bool) -> None:
        console = Console(stderr=True)
        self._bar = bars.Progress(
            bars.TextColumn("{task.fields[files]} files"),
            bars.BarColumn(),
            bars.DownloadColumn(),
            bars.TransferSpeedColumn(),
            bars.TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        is_shown = console.is_terminal and not silent
        self._held: AbstractContextManager[object] = self._bar if is_shown else nullcontext()
        self._task = self._bar.add_task("", total=None, files=0)

    def __enter__(self) -> _Bar:
        self._held.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    @property
    def show(self) -> OnProgress:
        """Tells the bar."""

        def show(seen: Progress) -> None:
            self._bar.update(
                self._task, completed=seen.size_bytes, total=seen.total_bytes or None, files=seen.files
            )

        return show


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv)

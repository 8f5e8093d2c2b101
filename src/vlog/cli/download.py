"""`vlog download`: videos from elsewhere in the web, by yt-dlp in a jail, then uploaded as any other file."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.plain import DEBUG, FAILED, exit_code, run_plainly
from vlog.cli.upload import Bar, Uploaded, Wish, find_category, progress_bar, send, tell
from vlog.config import Config
from vlog.kit.errors import VlogError
from vlog.pipeline.binaries import MediaTools, locate
from vlog.pipeline.download import Downloaded, checked_url, download
from vlog.pipeline.egress import Egress

MAX_BYTES = 100 * 1000**3


def main() -> None:
    """Do what ``vlog.cli.verbs`` was asked; ends with 1 when a download failed."""
    asked = json.loads(next(word for word in sys.argv[1:] if word != DEBUG))
    urls: list[str] = [checked_url(url) for url in asked["urls"]]
    wish = Wish(**asked["wish"])
    with admin_api() as api:
        # Before gigabytes travel: is the secret right, is there such a category?
        category_id = find_category(api, wish.category) if wish.category else None
        api.get("/api/videos", limit=1)
        tools = locate(api.config, cache_dir=api.config.data_dir)
        results = [_one(api, url, wish, category_id=category_id, tools=tools) for url in urls]
    if asked["as_json"]:
        print(json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=2))
    else:
        _tell(results, waited=wish.wait)
    if any(result.error is not None for result in results):
        sys.exit(FAILED)


def _one(api: AdminApi, url: str, wish: Wish, *, category_id: int | None, tools: MediaTools) -> Uploaded:
    with tempfile.TemporaryDirectory(prefix="vlog-") as folder:
        try:
            found = asyncio.run(_fetch(api.config, url, Path(folder), tools=tools))
            told = replace(
                wish, title=wish.title or found.title, description=wish.description or found.description
            )
            result = send(api, found.file, told, category_id=category_id)
            if found.chapters and result.video_id is not None:
                chapters = [asdict(mark) for mark in found.chapters]
                path = f"/api/videos/{result.video_id}/chapters"
                api.send("PUT", path, json={"chapters": chapters, "replace_existing": True})
            return replace(result, file=url)
        except VlogError as error:
            return Uploaded(url, error=error.message)


async def _fetch(config: Config, url: str, work: Path, *, tools: MediaTools) -> Downloaded:
    egress = Egress(max_bytes=MAX_BYTES, allowed=config.download_allow)
    with progress_bar() as progress:
        bar = Bar(progress, url, 0)
        return await download(url, work, tools=tools, egress=egress, on_progress=bar.show)


def _tell(results: Sequence[Uploaded], *, waited: bool) -> None:
    for result in results:
        tell(result, waited=waited)


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv, code_of=exit_code)

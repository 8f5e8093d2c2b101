"""In which order an upload's bytes, names, rows and answers come about, seen from below by strace."""

from __future__ import annotations

import os
from pathlib import Path

import httpx

from tests.support.api import SECRET
from tests.support.serving import serving
from tests.support.tracing import Call, calls_of, watching
from tests.support.tus import assert_is_video, begin, send
from vlog.context import Context

WATCHED = ("pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "write", "writev", "sendto")
DATA = os.urandom(20 << 20)
HALF = len(DATA) // 2


def first(calls: list[Call], *words: str, behind: int) -> Call:
    """The first call that begins behind a line of the log, with these words in it."""
    for call in calls:
        if call.begins > behind and all(word in f"{call.name}({call.arguments}" for word in words):
            return call
    raise AssertionError(f"no {words} behind line {behind}")


async def test_bytes_name_folder_commit_answer(ctx: Context, tmp_path: Path) -> None:
    log = tmp_path / "trace"
    async with (
        serving(ctx) as running,
        httpx.AsyncClient(base_url=running.url(1), headers={"X-Admin-Secret": SECRET}, timeout=60) as admin,
    ):
        path = await begin(admin, len(DATA))
        async with watching(running.process.pid, log, *WATCHED):
            assert (await send(admin, path, DATA[:HALF], offset=0)).status_code == 204
            done = await send(admin, path, DATA[HALF:], offset=HALF)
            assert done.status_code == 204
    await assert_is_video(ctx, done, DATA)
    calls, name = calls_of(log), path.rpartition("/")[2]
    part, folder = f"uploads/{name}.part>", "/uploads>"

    # An acknowledged piece: what was written last is synced, then the row's commit, then the answer.
    answer = first(calls, "HTTP/1.1 204", behind=0)
    before = [call for call in calls if call.ends < answer.begins]
    written = max(call.ends for call in before if call.name == "pwrite64")
    syncs = [call for call in before if call.name == "fdatasync" and part in call.arguments]
    committed = max(call.begins for call in before if "COMMIT" in call.arguments)
    assert [call for call in syncs if written < call.begins <= call.ends < committed]
    assert max(call.ends for call in syncs) < committed, "something was synced after it was acknowledged"

    # The whole file: its bytes, its name, the folder, the video's row, the answer.
    bytes_synced = first(calls, "fsync(", part, behind=answer.ends)
    renamed = first(calls, "rename", f"{name}.part", behind=bytes_synced.ends)
    folder_synced = first(calls, "fsync(", folder, behind=renamed.ends)
    made = first(calls, "COMMIT", behind=folder_synced.ends)
    assert made.begins < first(calls, "HTTP/1.1 204", behind=answer.ends).begins
    assert not [call for call in calls if call.name == "pwrite64" and call.begins > bytes_synced.begins]

    # Each byte was written once.
    sizes = [int(call.arguments.rpartition("= ")[2]) for call in calls if call.name == "pwrite64"]
    assert sum(sizes) == len(DATA)

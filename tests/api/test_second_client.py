"""Uploads by tuspy, a client that knows nothing of VLog: what it understands is the protocol, not us."""

from __future__ import annotations

import asyncio
import hashlib
import os
from io import BytesIO

import httpx
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.uploader.uploader import Uploader

from tests.support.api import SECRET
from tests.support.serving import Running, serving
from tests.support.tus import TUS, assert_is_video
from vlog.context import Context

DATA = os.urandom(7_000_001)
CHUNK_BYTES = 2 << 20


@pytest.fixture
def source() -> BytesIO:
    return BytesIO(DATA)


def uploader(running: Running, source: BytesIO, **more: object) -> Uploader:
    client = TusClient(f"{running.url(1)}/api/uploads", headers={"X-Admin-Secret": SECRET})
    described = {"filename": "Sommer_in Bergen.mov", "sha256": hashlib.sha256(DATA).hexdigest()}
    return client.uploader(file_stream=source, chunk_size=CHUNK_BYTES, metadata=described, **more)


async def head(running: Running, url: str) -> httpx.Response:
    async with httpx.AsyncClient(headers=TUS | {"X-Admin-Secret": SECRET}) as client:
        return await client.head(url)


async def test_a_foreign_client_uploads_resumes_and_checks(ctx: Context, source: BytesIO) -> None:
    async with serving(ctx) as running:
        first = uploader(running, source, upload_checksum=True)
        await asyncio.to_thread(first.upload_chunk)
        url = str(first.url)
        assert url.startswith(f"{running.url(1)}/api/uploads/")
        assert (await head(running, url)).headers["upload-offset"] == str(first.offset) == str(CHUNK_BYTES)
        # Another one, later, that knows the address alone.
        second = uploader(running, source, url=url)
        assert second.offset == CHUNK_BYTES
        await asyncio.to_thread(second.upload)
        answer = await head(running, url)
        assert (await assert_is_video(ctx, answer, DATA)).title == "Sommer in Bergen"


async def test_a_foreign_client_understands_refusals(ctx: Context, source: BytesIO) -> None:
    async with serving(ctx) as running:
        stranger = TusClient(f"{running.url(1)}/api/uploads")
        with pytest.raises(TusCommunicationError) as caught:
            await asyncio.to_thread(stranger.uploader(file_stream=source, chunk_size=CHUNK_BYTES).upload)
        assert caught.value.status_code == 401
        gone = f"{running.url(1)}/api/uploads/{'0' * 32}"
        with pytest.raises(TusCommunicationError) as caught:
            await asyncio.to_thread(uploader, running, source, url=gone)
        assert caught.value.status_code == 404

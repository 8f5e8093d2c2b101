"""Downloads: yt-dlp in its jail, against a server of our own that it may reach only because it is allowed."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from tests.support.jails import tools
from tests.support.site import make_clip
from tests.support.web import site
from vlog.kit.errors import Invalid, VlogError
from vlog.pipeline.download import Downloaded, checked_url, download
from vlog.pipeline.egress import Egress

LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"),)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    make_clip(tmp_path / "clip.mp4")
    return tmp_path / "clip.mp4"


async def fetch(url: str, work: Path, egress: Egress) -> Downloaded:
    return await download(url, work, tools=tools(), egress=egress, on_progress=lambda done, total: None)


async def test_a_file_comes_through_the_one_way_out(clip: Path, work: Path) -> None:
    with site(clip) as (url, _):
        egress = Egress(max_bytes=1 << 30, allowed=LOOPBACK)
        found = await fetch(f"{url}/clip.mp4?<script>", work, egress)
    assert found.file.read_bytes() == clip.read_bytes()
    assert found.title == "clip"
    assert egress.received_bytes > clip.stat().st_size


async def test_this_machine_is_not_reached(clip: Path, work: Path) -> None:
    with site(clip) as (url, asked):
        with pytest.raises(Invalid) as refused:
            await fetch(f"{url}/clip.mp4", work, Egress(max_bytes=1 << 30))
        assert refused.value.code == "address_not_public"
        assert asked == []


async def test_no_redirect_leads_inward(clip: Path, work: Path) -> None:
    with site(clip) as (url, asked):
        with pytest.raises(Invalid) as refused:
            await fetch(f"{url}/inward", work, Egress(max_bytes=1 << 30, allowed=LOOPBACK))
        assert refused.value.code == "address_not_public"
        assert set(asked) == {"/inward"}


async def test_more_bytes_than_allowed(clip: Path, work: Path) -> None:
    with site(clip) as (url, _), pytest.raises(VlogError):
        await fetch(f"{url}/clip.mp4", work, Egress(max_bytes=2000, allowed=LOOPBACK))


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/passwd", "/etc/passwd", "ftp://a.example/b", "--exec=id", "ytsearch:cats", "http://"),
        *(
            "http://user:secret@a.example/",
            "http://a.example:99999/",
            "http://a b/",
            "http://a.example/\r\nx",
        ),
    ],
)
def test_what_is_no_address_of_the_web(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_url(url)
    assert refused.value.code == "invalid_url"

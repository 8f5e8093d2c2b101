"""Files that mean harm: what they reach for is not there, and nobody hears of them.

Two locks hold, the list of formats and the jail, and each holds alone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.clips import clip
from tests.support.jails import JAILS, build
from tests.support.looking import assert_refused, decoded, listener, probed
from vlog.media.hardening import ffmpeg_input_args, ffprobe_input_args
from vlog.pipeline.jail import Jail, JailSpec

# What an unguarded call of ffmpeg allows, and more: so that only the lock under test is left.
FREE = [
    "-protocol_whitelist",
    "file,http,https,tcp,tls,crypto,data,concat,subfile,udp,rtp,pipe",
    "-safe",
    "0",
]


@pytest.fixture(params=JAILS)
def jail(request: pytest.FixtureRequest) -> Jail:
    return build(request.param)


@pytest.fixture(scope="session")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody else's private upload, where the server keeps them all."""
    path = tmp_path_factory.mktemp("uploads") / "12.mp4"
    path.write_bytes(clip("sintel_small.mp4").read_bytes())
    return path


@pytest.fixture
def upload(victim: Path) -> Path:
    """Where the next upload goes: beside the victim's, under its own number."""
    return victim.with_name("13.mp4")


class TestTheft:
    """A text of two lines, named ``13.mp4``, asks for the pictures of ``12.mp4``."""

    @pytest.mark.parametrize(
        ("jail_name", "listed", "steals"),
        [
            *((name, True, False) for name in JAILS),
            *((name, False, False) for name in JAILS),
            ("none", True, False),
            # With both locks open the theft succeeds, so the other rows mean something.
            ("none", False, True),
        ],
    )
    @pytest.mark.parametrize("kind", ["ffconcat-sibling", "ffconcat-absolute"])
    async def test_each_lock_holds_alone(
        self, jail_name: str, listed: bool, steals: bool, kind: str, *, victim: Path, upload: Path
    ) -> None:
        jail = build(jail_name)
        upload.write_text(hostile.disguises(victim, 9)[kind])
        private = (await decoded(build("none"), victim, frames=1)).checked().stdout
        options = ffmpeg_input_args() if listed else FREE[:2]
        if kind == "ffconcat-absolute" and not listed:
            options = ["-f", "concat", *FREE]
        stolen = await decoded(jail, upload, *options, frames=1)
        assert (stolen.stdout == private) is steals
        assert (stolen.stdout == b"") is not steals
        assert (stolen.returncode == 0) is steals

    @pytest.mark.parametrize(
        ("jail_name", "listed", "steals"), [("none", False, True), ("none", True, False)]
    )
    async def test_ffprobe_alone(
        self, jail_name: str, listed: bool, steals: bool, *, victim: Path, upload: Path
    ) -> None:
        upload.write_text(hostile.disguises(victim, 9)["ffconcat-sibling"])
        options = ffprobe_input_args() if listed else FREE[:2]
        said = await probed(build(jail_name), upload, *options, show="stream=width,height")
        assert (b"256,110" in said.stdout) is steals

    async def test_ffprobe_in_the_jail_without_the_list(self, jail: Jail, victim: Path, upload: Path) -> None:
        upload.write_text(hostile.disguises(victim, 9)["ffconcat-sibling"])
        said = await probed(jail, upload, *FREE[:2], show="stream=width,height")
        assert said.stdout.strip() == b""
        assert said.returncode != 0


KINDS = sorted(hostile.disguises(Path("/uploads/12.mp4"), 9))


class TestDisguises:
    """Every text that leads elsewhere, in every jail."""

    @pytest.mark.parametrize("kind", KINDS)
    async def test_it_is_no_video_and_calls_nobody(
        self, jail: Jail, kind: str, victim: Path, upload: Path
    ) -> None:
        async with listener() as heard:
            upload.write_text(hostile.disguises(victim, heard.port)[kind])
            await assert_refused(jail, upload)
            assert heard.calls == 0

    # A picture that is drawn as the file says is not a way out, so SVG has its place above only.
    @pytest.mark.parametrize("kind", sorted({*KINDS} - {"svg"}))
    async def test_the_jail_alone_lets_nothing_through(
        self, jail: Jail, kind: str, victim: Path, upload: Path
    ) -> None:
        """The demuxer that would follow is even named, as if the file had been believed."""
        forced = kind.partition("-")[0].replace("ffconcat", "concat")
        async with listener() as heard:
            upload.write_text(hostile.disguises(victim, heard.port)[kind])
            options = FREE if forced == "concat" else FREE[:2]
            done = await decoded(jail, upload, "-f", forced, *options)
            assert done.stdout == b""
            assert heard.calls == 0

    @pytest.mark.parametrize("kind", KINDS)
    async def test_the_list_alone_lets_nothing_through(self, kind: str, victim: Path, upload: Path) -> None:
        async with listener() as heard:
            upload.write_text(hostile.disguises(victim, heard.port)[kind])
            await assert_refused(build("none"), upload)
            assert heard.calls == 0

    @pytest.mark.parametrize("kind", ["hls-web", "dash-web", "ffconcat-web"])
    async def test_with_both_locks_open_the_server_is_called(
        self, kind: str, victim: Path, upload: Path
    ) -> None:
        forced = kind.partition("-")[0].replace("ffconcat", "concat")
        async with listener() as heard:
            upload.write_text(hostile.disguises(victim, heard.port)[kind])
            await decoded(build("none"), upload, "-f", forced, *(FREE if forced == "concat" else FREE[:2]))
            assert heard.calls > 0


class TestNonsense:
    """Bytes without any picture in them."""

    @pytest.mark.parametrize("kind", sorted(hostile.nonsense()))
    async def test_it_is_refused(self, jail: Jail, kind: str, upload: Path) -> None:
        upload.write_bytes(hostile.nonsense()[kind])
        await assert_refused(jail, upload)


class TestNames:
    """A file's name never is an option, a pattern or a protocol."""

    @pytest.mark.parametrize(
        "name",
        [
            "-i.mp4",
            "33_%d.mp4",
            "a|b.mp4",
            "concat:a|b",
            "subfile,,start,0,end,9,,:x",
            "http:x",
            "a\nb'\".mp4",
        ],
    )
    async def test_the_file_is_opened_as_it_is_called(self, jail: Jail, tmp_path: Path, name: str) -> None:
        source = tmp_path / name
        source.write_bytes(clip("sintel_small.mp4").read_bytes())
        assert (await probed(jail, source, *ffprobe_input_args())).checked().stdout.startswith(b"256")
        assert (await decoded(jail, source, *ffmpeg_input_args())).checked().stdout

    async def test_a_planted_link_is_not_followed(self, tmp_path: Path, victim: Path) -> None:
        """Put in place of the source after the server has looked at it."""
        jail = build("landlock")
        source = tmp_path / "7.mp4"
        source.write_bytes(b"")
        argv = [str(jail.tools.ffprobe), "-v", "error", jail.source_url(source)]
        command = jail.command(JailSpec(source=source), argv)
        source.unlink()
        source.symlink_to(victim)
        process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)
        out, words = await process.communicate()
        assert (process.returncode, out) == (125, b"")
        assert b"is not a regular file" in words

"""Runs of media tools, well and badly behaved: what comes back, what is killed, what is told."""

from __future__ import annotations

import asyncio
import gc
import resource
import shlex
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.clips import clip
from tests.support.jails import JAILS, build, python_argv, python_spec, python_tools
from tests.support.processes import alive
from vlog.kit.errors import NotFound, Unavailable
from vlog.media.hardening import ffmpeg_input_args, ffprobe_input_args, output_url
from vlog.media.progress import Progress
from vlog.pipeline import ffmpeg
from vlog.pipeline.failures import DecoderCrashed, OutputTooBig, SandboxBroken, Stalled, TimedOut
from vlog.pipeline.jail import ENCODE_LIMITS, Jail, JailSpec, Limits

CLIP = "world_30s.mp4"
FOREVER = "while True: pass"


@pytest.fixture(params=JAILS)
def jail(request: pytest.FixtureRequest) -> Jail:
    return build(request.param)


@pytest.fixture(params=JAILS)
def prison(request: pytest.FixtureRequest) -> Jail:
    """A jail whose tools are Python, to play tools that misbehave."""
    return build(request.param, python_tools())


def encode_argv(jail: Jail, source: Path, *, outputs: int = 1, frames: int = 30) -> list[str]:
    argv = [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", *ffmpeg_input_args()]
    argv += ["-i", jail.source_url(source)]
    for index in range(outputs):
        argv += ["-map", "0:V:0", "-frames:v", str(frames), "-c:v", "libx264", "-preset", "ultrafast"]
        argv += ["-f", "matroska", output_url(index)]
    return argv


def endless_argv(jail: Jail, *options: str) -> list[str]:
    """An encoder that writes for ever, at the speed of its reader."""
    source = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30", *options]
    return [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", *source, "-f", "rawvideo", output_url(0)]


async def drain(output: asyncio.StreamReader) -> int:
    """Read to the end; how many bytes that was."""
    size = 0
    while block := await output.read(1 << 20):
        size += len(block)
    return size


async def reader_that_fails(output: asyncio.StreamReader) -> None:
    await output.readexactly(1000)
    raise RuntimeError("reader failed")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class TestRun:
    """One short tool to its end."""

    async def test_what_it_says_comes_back(self, jail: Jail) -> None:
        source = clip(CLIP)
        asked = ["-show_entries", "format=format_name,nb_streams", "-of", "csv=p=0"]
        argv = [
            str(jail.tools.ffprobe),
            "-v",
            "error",
            *ffprobe_input_args(),
            *asked,
            jail.source_url(source),
        ]
        done = await ffmpeg.run(jail, argv, spec=JailSpec(source=source))
        assert done.checked().stdout == b'2,"mov,mp4,m4a,3gp,3g2,mj2"\n'
        assert 0.001 < done.cpu_seconds < 5
        assert done.max_rss_bytes > 1 << 20
        assert done.wall_seconds > 0

    async def test_its_cpu_time_is_its_own(self, prison: Jail) -> None:
        code = "import time\nwhile time.process_time() < 0.5: pass"
        done = await ffmpeg.run(prison, python_argv(code), spec=python_spec())
        assert 0.5 <= done.cpu_seconds < 1.0

    async def test_its_peak_memory_is_counted(self, prison: Jail) -> None:
        done = await ffmpeg.run(prison, python_argv("x = b'x' * (900 << 20)"), spec=python_spec())
        # Linux counts what a process was before its exec, too: that much of us, if we were ever larger.
        ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        assert 900 << 20 <= done.max_rss_bytes <= max(1000 << 20, ours)

    async def test_its_exit_status_and_words_come_back(self, prison: Jail) -> None:
        code = "import sys; sys.stderr.write('no \\udcff such thing'); sys.exit(183)"
        done = await ffmpeg.run(prison, python_argv(code), spec=python_spec())
        assert (done.returncode, done.stdout) == (183, b"")
        assert "such thing" in done.stderr_tail

    async def test_bytes_reach_its_stdin(self, prison: Jail) -> None:
        code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"
        data = bytes(range(256)) * 8000
        done = await ffmpeg.run(prison, python_argv(code), spec=python_spec(), stdin=data)
        assert done.stdout == data[::-1]

    async def test_without_input_its_stdin_is_empty(self, prison: Jail) -> None:
        code = "import sys; print(len(sys.stdin.buffer.read()))"
        done = await ffmpeg.run(prison, python_argv(code), spec=python_spec())
        assert done.stdout == b"0\n"

    async def test_the_command_can_be_pasted_into_a_shell(self, jail: Jail, tmp_path: Path) -> None:
        source = tmp_path / "it's a $(file) -i.mp4"
        source.write_bytes(clip(CLIP).read_bytes())
        argv = [str(jail.tools.ffprobe), "-v", "error", *ffprobe_input_args(), jail.source_url(source)]
        done = await ffmpeg.run(jail, argv, spec=JailSpec(source=source))
        assert shlex.split(done.command)[-1] == f"file:{source}"
        pasted = await asyncio.create_subprocess_shell(done.command, stdout=-3)
        assert await pasted.wait() == done.returncode == 0

    async def test_a_missing_source_starts_nothing(self, jail: Jail, tmp_path: Path) -> None:
        before = open_files()
        with pytest.raises(NotFound):
            await ffmpeg.run(jail, [str(jail.tools.ffprobe)], spec=JailSpec(source=tmp_path / "gone.mp4"))
        gc.collect()
        assert open_files() == before

    async def test_a_jail_that_cannot_be_built_is_not_the_files_fault(
        self, jail: Jail, tmp_path: Path
    ) -> None:
        spec = JailSpec(readable=(tmp_path / "gone",))
        with pytest.raises(SandboxBroken):
            await ffmpeg.run(jail, [str(jail.tools.ffprobe), "-version"], spec=spec)

    async def test_a_machine_at_its_limits_is_said_so(
        self, jail: Jail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.executable", "/nowhere/python")
        with pytest.raises(Unavailable) as raised:
            await ffmpeg.run(jail, [str(jail.tools.ffprobe), "-version"], spec=JailSpec())
        assert raised.value.code == "cannot_start"

    async def test_cancelling_kills_it(self, prison: Jail) -> None:
        code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
        running = asyncio.create_task(ffmpeg.run(prison, python_argv(code), spec=python_spec()))
        await asyncio.sleep(0.3)
        started = time.monotonic()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert time.monotonic() - started < 10

    async def test_a_hundred_runs_leave_nothing_open(self, prison: Jail) -> None:
        argv = python_argv("print(1)")
        await ffmpeg.run(prison, argv, spec=python_spec())
        before = open_files()
        for _ in range(10):
            runs = (ffmpeg.run(prison, argv, spec=python_spec()) for _ in range(4))
            assert {done.stdout for done in await asyncio.gather(*runs)} == {b"1\n"}
        await asyncio.sleep(0)
        assert open_files() == before


class TestLimits:
    """What happens to a tool that takes too much."""

    async def test_a_crash_is_named(self, prison: Jail) -> None:
        code = "import ctypes; print('before', flush=True); ctypes.string_at(8)"
        with pytest.raises(DecoderCrashed, match="SIGSEGV") as raised:
            await ffmpeg.run(prison, python_argv(code), spec=python_spec())
        assert raised.value.run.returncode == -signal.SIGSEGV
        assert raised.value.run.stdout == b"before\n"

    async def test_an_abort_is_a_crash(self, prison: Jail) -> None:
        with pytest.raises(DecoderCrashed):
            await ffmpeg.run(prison, python_argv("import os; os.abort()"), spec=python_spec())

    async def test_a_hang_ends_at_the_time_limit(self, prison: Jail) -> None:
        started = time.monotonic()
        with pytest.raises(TimedOut):
            await ffmpeg.run(
                prison,
                python_argv("import time; time.sleep(60)"),
                spec=python_spec(limits=Limits(wall_seconds=0.5)),
            )
        assert time.monotonic() - started < 10

    async def test_a_busy_loop_ends_at_the_cpu_limit(self, prison: Jail) -> None:
        with pytest.raises(TimedOut) as raised:
            await ffmpeg.run(prison, python_argv(FOREVER), spec=python_spec(limits=Limits(cpu_seconds=1)))
        assert 0.7 < raised.value.run.cpu_seconds < 2

    async def test_memory_beyond_the_limit_is_not_given(self, prison: Jail) -> None:
        limits = Limits(address_space_bytes=512 << 20)
        done = await ffmpeg.run(prison, python_argv("x = b'x' * (1 << 30)"), spec=python_spec(limits=limits))
        assert done.returncode == 1
        assert "MemoryError" in done.stderr_tail

    async def test_endless_output_is_cut(self, prison: Jail) -> None:
        code = "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 65536)"
        with pytest.raises(OutputTooBig) as raised:
            await ffmpeg.run(prison, python_argv(code), spec=python_spec(limits=Limits(output_bytes=1 << 20)))
        assert len(raised.value.run.stdout) <= 3 << 20

    async def test_a_flood_of_words_leaves_the_last_ones(self, prison: Jail) -> None:
        flood = "for _ in range(2000): sys.stderr.buffer.write(b'\\xff' * 65536)"
        code = f"import sys\n{flood}\nprint('done', file=sys.stderr)"
        done = await ffmpeg.run(prison, python_argv(code), spec=python_spec())
        assert done.returncode == 0
        assert done.stderr_tail.endswith("done\n")
        assert len(done.stderr_tail) <= 64 << 10

    async def test_a_large_file_is_not_written(self, jail: Jail, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.mkdir()
        argv = [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=d=9"]
        spec = JailSpec(writable=(out,), limits=Limits(file_size_bytes=100_000))
        argv += ["-f", "rawvideo", f"file:{out}/big.raw"]
        # A signal ends it, or (as the first process of a namespace) an error when it writes.
        with pytest.raises(OutputTooBig) if jail.bwrap is None else pytest.raises(AssertionError):
            done = await ffmpeg.run(jail, argv, spec=spec)
            assert done.returncode == 0
        assert (out / "big.raw").stat().st_size <= 100_000

    async def test_a_named_folder_can_be_written(self, jail: Jail, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.mkdir()
        argv = [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=d=1"]
        argv += ["-frames:v", "1", f"file:{out}/picture.jpg"]
        for _ in range(2):
            # The second time over the first file.
            (await ffmpeg.run(jail, argv, spec=JailSpec(writable=(out,)))).checked()
        assert (out / "picture.jpg").read_bytes()[:2] == b"\xff\xd8"


class TestStart:
    """Encoders with pipes."""

    async def test_every_output_arrives_and_progress_is_told(self, jail: Jail) -> None:
        source, reports = clip(CLIP), list[Progress]()
        spec = JailSpec(source=source, limits=ENCODE_LIMITS)
        argv = encode_argv(jail, source, outputs=6)
        async with await ffmpeg.start(
            jail, argv, spec=spec, outputs=6, on_progress=reports.append
        ) as encoder:
            outputs = await asyncio.gather(*(pipe.read() for pipe in encoder.outputs))
            done = await encoder.wait()
        assert done.checked().cpu_seconds > 0.05
        # The same encoder six times: the same bytes six times, but for Matroska's random ids.
        assert len({len(output) for output in outputs}) == 1
        assert all(output.startswith(b"\x1aE\xdf\xa3") for output in outputs)
        assert (reports[-1].frame, reports[-1].finished) == (30, True)
        assert encoder.progress == reports[-1]
        assert encoder.command == shlex.join(jail.shown(argv, source))

    async def test_all_encoders_of_the_plan_run_inside(self, jail: Jail) -> None:
        source = clip("bbb_720p_aac51.mp4")
        argv = [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", *ffmpeg_input_args()]
        argv += ["-i", jail.source_url(source)]
        for index, name in enumerate(("libx264", "libx265", "libsvtav1")):
            argv += ["-map", "0:V:0", "-vf", "scale=160:90", "-frames:v", "10", "-c:v", name]
            argv += ["-f", "matroska", output_url(index)]
        argv += ["-map", "0:a:0", "-t", "1", "-ac", "2", "-c:a", "aac", "-f", "adts", output_url(3)]
        spec = JailSpec(source=source, limits=ENCODE_LIMITS)
        async with await ffmpeg.start(jail, argv, spec=spec, outputs=4) as encoder:
            outputs = await asyncio.gather(*(output.read() for output in encoder.outputs))
            (await encoder.wait()).checked()
        assert all(len(output) > 1000 for output in outputs)

    async def test_a_slow_reader_is_no_stall(self, jail: Jail) -> None:
        spec = JailSpec(limits=replace(ENCODE_LIMITS, stall_seconds=0.4))
        async with await ffmpeg.start(jail, endless_argv(jail), spec=spec, outputs=1) as encoder:
            await encoder.outputs[0].readexactly(100_000)
            await asyncio.sleep(1.5)
            await encoder.outputs[0].readexactly(4_000_000)
            encoder.kill()
            assert (await encoder.wait()).returncode == -signal.SIGKILL

    async def test_an_encoder_that_does_not_move_is_ended(self, jail: Jail) -> None:
        """It goes on telling its progress, which does not change."""
        spec = JailSpec(limits=replace(ENCODE_LIMITS, stall_seconds=1.2))
        reports: list[Progress] = []
        argv = endless_argv(jail, "-vf", "realtime=speed=0.0001:limit=3600")
        started = time.monotonic()
        async with await ffmpeg.start(
            jail, argv, spec=spec, outputs=1, on_progress=reports.append
        ) as encoder:
            reading = asyncio.create_task(encoder.outputs[0].read())
            with pytest.raises(Stalled):
                await encoder.wait()
            await reading
        assert 1.2 < time.monotonic() - started < 20
        assert len(reports) > 1

    async def test_stop_lets_it_end_in_peace(self, jail: Jail) -> None:
        spec = JailSpec(limits=ENCODE_LIMITS)
        async with await ffmpeg.start(jail, endless_argv(jail), spec=spec, outputs=1) as encoder:
            await encoder.outputs[0].readexactly(1000)
            reading = asyncio.create_task(drain(encoder.outputs[0]))
            await encoder.stop(grace_seconds=20)
            done = await encoder.wait()
            assert await reading > 0
        # ffmpeg's own way to say that it was asked to end.
        assert done.returncode == 255

    async def test_stop_kills_what_does_not_listen(self, prison: Jail) -> None:
        deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"
        code = f"import signal; {deaf}\n{FOREVER}"
        encoder = ffmpeg.Process(prison, python_argv(code), spec=python_spec())
        async with encoder:
            await encoder.open(stdin=None)
            while not encoder._stdout:
                await asyncio.sleep(0.02)
            started = time.monotonic()
            await encoder.stop(grace_seconds=0.3)
            assert 0.2 < time.monotonic() - started < 10
            assert (await encoder.wait()).returncode < 0

    async def test_leaving_the_block_kills_and_closes(self, jail: Jail) -> None:
        before = open_files()
        spec = JailSpec(limits=ENCODE_LIMITS)
        with pytest.raises(RuntimeError, match="reader failed"):
            async with await ffmpeg.start(jail, endless_argv(jail), spec=spec, outputs=1) as encoder:
                await reader_that_fails(encoder.outputs[0])
        assert not alive(encoder.pid)
        await asyncio.sleep(0)
        assert open_files() == before

    async def test_too_much_output_ends_it(self, jail: Jail) -> None:
        spec = JailSpec(limits=replace(ENCODE_LIMITS, output_bytes=1 << 20))
        async with await ffmpeg.start(jail, endless_argv(jail), spec=spec, outputs=1) as encoder:
            assert len(await encoder.outputs[0].read()) < 4 << 20
            with pytest.raises(OutputTooBig):
                await encoder.wait()

    async def test_a_closed_output_ends_the_encoder(self, jail: Jail) -> None:
        spec = JailSpec(limits=ENCODE_LIMITS)
        async with await ffmpeg.start(jail, endless_argv(jail), spec=spec, outputs=1) as encoder:
            await encoder.outputs[0].readexactly(1000)
            encoder._pipes[0].close()
            async with asyncio.timeout(5):
                assert (await encoder.wait()).returncode != 0

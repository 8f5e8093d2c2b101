"""Every way out of every jail, tried from inside by a prisoner who may run what he likes."""

from __future__ import annotations

import ast
import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.jails import JAILS, build, python_argv, python_spec, python_tools
from vlog.pipeline import ffmpeg

ATTEMPTS = """
import ctypes, errno, os, resource, signal, socket, threading
libc = ctypes.CDLL(None, use_errno=True)
SOURCE, NEIGHBOUR, SERVER, FREE = {source!r}, {neighbour!r}, {server}, {free}
found = {{}}

def attempt(name, action, harmless=True):
    if FREE and not harmless:
        return
    try:
        result = action()
        found[name] = ("did", result if isinstance(result, bytes) else None)
    except OSError as error:
        found[name] = ("refused", errno.errorcode.get(error.errno))
    except RuntimeError as error:
        found[name] = ("refused", str(error))

def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result

def read(path):
    with open(path, "rb") as file:
        return file.read(64)

def fork():
    if os.fork() == 0:
        os._exit(0)

def thread():
    worker = threading.Thread(target=lambda: None)
    worker.start()
    worker.join()

attempt("read source", lambda: read(SOURCE))
attempt("read neighbour", lambda: read(NEIGHBOUR))
attempt("read passwd", lambda: read("/etc/passwd"))
attempt("read environment of server", lambda: read(f"/proc/{{SERVER}}/environ"))
attempt("list folder", lambda: os.listdir(os.path.dirname(NEIGHBOUR)))
attempt("list root", lambda: sorted(os.listdir("/")))
attempt("write source", lambda: open(SOURCE, "ab"))
attempt("empty source", lambda: os.truncate(SOURCE, 0))
attempt("empty source while opening", lambda: os.open(SOURCE, os.O_RDONLY | os.O_TRUNC))
attempt("empty neighbour", lambda: os.truncate(NEIGHBOUR, 0))
attempt("remove source", lambda: os.unlink(SOURCE))
attempt("link source", lambda: os.link(SOURCE, SOURCE + ".copy"))
attempt("make file", lambda: open(NEIGHBOUR + ".new", "wb"))
attempt("make file in tmp", lambda: open("/tmp/vlog-escape", "wb"), harmless=False)
attempt("make folder", lambda: os.mkdir(NEIGHBOUR + ".folder"))
attempt("chmod source", lambda: os.chmod(SOURCE, 0o777))
attempt("chmod neighbour", lambda: os.chmod(NEIGHBOUR, 0o777))
attempt("chown neighbour", lambda: os.chown(NEIGHBOUR, 1, 1))
attempt("touch neighbour", lambda: os.utime(NEIGHBOUR, (0, 0)))
for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"):
    attempt("socket " + family, lambda: socket.socket(getattr(socket, family), socket.SOCK_DGRAM))
attempt("fork", fork)
attempt("thread", thread)
attempt("run a shell", lambda: os.execv("/bin/sh", ["sh", "-c", "echo escaped"]), harmless=False)
attempt("signal server", lambda: os.kill(SERVER, 0))
attempt("limit server", lambda: resource.prlimit(SERVER, resource.RLIMIT_NOFILE))
attempt("ptrace", lambda: call({ptrace}, 16, SERVER, 0, 0), harmless=False)
attempt("unshare", lambda: call({unshare}, 0x10000000))
attempt("mount", lambda: call({mount}, b"none", b"/tmp", b"tmpfs", 0, None), harmless=False)
attempt("bpf", lambda: call({bpf}, 0, None, 0))
attempt("io_uring", lambda: call(425, 4, None))
attempt("userfaultfd", lambda: call({userfaultfd}, 0))
attempt("keys", lambda: call({keyctl}, 0, -3, 0))
attempt("shared memory", lambda: call({shmget}, 4711, 4096, 0o1777))
found["files"] = [number for number in range(3, 64) if libc.fcntl(number, 1) >= 0]
found["environment"] = sorted(os.environ)
found["folder"] = os.getcwd()
found["nice"] = os.getpriority(os.PRIO_PROCESS, 0)
found["session"] = os.getsid(0)
found["no new privileges"] = libc.prctl(39, 0, 0, 0, 0)
found["dies with parent"] = (lambda n: (libc.prctl(2, ctypes.byref(n), 0, 0, 0), n.value)[1])(ctypes.c_int())
found["filtered"] = libc.prctl(21, 0, 0, 0, 0)
capabilities = (ctypes.c_uint32 * 6)()
libc.capget((ctypes.c_uint32 * 2)(0x20080522, 0), capabilities)
found["capabilities"] = any(capabilities)
found["bounding"] = sum(libc.prctl(23, n, 0, 0, 0) == 1 for n in range(41))
found["core"] = resource.getrlimit(resource.RLIMIT_CORE)
print(repr(found))
"""

NUMBERS = {
    "x86_64": {
        "ptrace": 101,
        "unshare": 272,
        "mount": 165,
        "bpf": 321,
        "userfaultfd": 323,
        "keyctl": 250,
        "shmget": 29,
    },
    "aarch64": {
        "ptrace": 117,
        "unshare": 97,
        "mount": 40,
        "bpf": 280,
        "userfaultfd": 282,
        "keyctl": 219,
        "shmget": 194,
    },
}

REFUSED = (
    *("read neighbour", "read passwd", "read environment of server", "list folder"),
    *("write source", "empty source", "empty source while opening", "empty neighbour", "remove source"),
    *("link source", "make file", "make file in tmp", "make folder"),
    *("chmod source", "chmod neighbour", "chown neighbour", "touch neighbour"),
    *("socket AF_INET", "socket AF_INET6", "socket AF_UNIX", "socket AF_NETLINK"),
    *("fork", "run a shell", "signal server", "limit server"),
    *("ptrace", "unshare", "mount", "bpf", "io_uring", "userfaultfd", "keys", "shared memory"),
)
SECRET = b"the neighbour's bytes"

Report = dict[str, object]


def state(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_mode, found.st_uid, found.st_size, found.st_nlink, found.st_mtime_ns


async def imprisoned(name: str, folder: Path) -> Report:
    """What the prisoner of the named jail reports, after checking that nothing has changed around him."""
    source, neighbour = folder / "source.mp4", folder / "neighbour.mp4"
    source.write_bytes(b"own bytes")
    neighbour.write_bytes(SECRET)
    before = {path: state(path) for path in (source, neighbour)}
    jail = build(name, python_tools())
    seen = jail.source_url(source).removeprefix("file:")
    code = ATTEMPTS.format(
        source=seen,
        neighbour=str(neighbour),
        server=os.getpid(),
        free=name == "none",
        **NUMBERS[os.uname().machine],
    )
    done = await ffmpeg.run(jail, python_argv(code), spec=python_spec(source=source))
    assert done.returncode == 0, done.stderr_tail
    report: Report = {"jail": name, **ast.literal_eval(done.stdout.decode())}
    if name != "none":
        assert sorted(folder.iterdir()) == [neighbour, source]
        assert {path: state(path) for path in before} == before
    return report


@pytest.fixture(scope="module", params=JAILS)
async def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return await imprisoned(request.param, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("what", REFUSED)
async def test_it_is_refused(report: Report, what: str) -> None:
    answer = report[what]
    assert isinstance(answer, tuple)
    assert answer[0] == "refused", answer


async def test_what_decoding_needs_is_allowed(report: Report) -> None:
    assert report["read source"] == ("did", b"own bytes")
    assert report["thread"] == ("did", None)


async def test_it_holds_nothing_of_the_server(report: Report) -> None:
    assert report["files"] == []
    assert not {name for name in report["environment"] if name.startswith("VLOG")}  # type: ignore[attr-defined]
    assert report["folder"] == "/"


async def test_it_has_a_session_of_its_own(report: Report) -> None:
    if report["jail"] == "bubblewrap" and os.getsid(0) == 0:
        pytest.skip("our own session began outside our process namespace: here and in the jail it reads 0")
    assert report["session"] != os.getsid(0)


async def test_it_has_no_privileges_and_gets_none(report: Report) -> None:
    assert report["no new privileges"] == 1
    assert report["filtered"] == 2
    assert report["capabilities"] is False
    if os.geteuid() == 0:
        # Others may not drop what they may not use either.
        assert report["bounding"] == 0


async def test_it_dies_with_its_parent_and_leaves_no_core(report: Report) -> None:
    assert report["dies with parent"] == 9
    assert report["core"] == (0, 0)
    assert report["nice"] == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)


@pytest.mark.parametrize(("wish", "nice"), [({}, 10), ({"hurried": True}, 3), ({"patient": True}, 15)])
@pytest.mark.parametrize("name", JAILS)
async def test_its_session_gives_way_as_a_whole(
    name: str, tmp_path: Path, wish: dict[str, bool], nice: int
) -> None:
    """Where processors are shared out among sessions, its own niceness alone would mean nothing."""
    if not Path("/proc/self/autogroup").exists():
        pytest.skip("this kernel shares the processors out among processes")
    source = tmp_path / "source.mp4"
    source.write_bytes(b"own bytes")
    jail = build(name, python_tools())
    spec = replace(python_spec(source=source), **wish)  # type: ignore[arg-type]
    command = jail.command(spec, python_argv("import time; time.sleep(60)"))
    process = await asyncio.create_subprocess_exec(*command, start_new_session=True)
    try:
        async with asyncio.timeout(20):
            while f"nice {nice}\n" not in Path(f"/proc/{process.pid}/autogroup").read_text():
                assert process.returncode is None
                await asyncio.sleep(0.01)
    finally:
        process.kill()
        await process.wait()


async def test_without_a_jail_the_same_prisoner_walks_out(tmp_path: Path) -> None:
    """Else the attempts would prove nothing."""
    free = await imprisoned("none", tmp_path)
    walked = {name for name in REFUSED if free.get(name, ("untried",))[0] == "did"}  # type: ignore[index]
    assert {
        "read neighbour",
        "read passwd",
        "make file",
        "socket AF_INET",
        "fork",
        "chmod neighbour",
    } <= walked
    # Limits, the session and the death of the parent hold all the same.
    assert (free["dies with parent"], free["core"]) == (9, (0, 0))
    assert free["session"] != os.getsid(0)

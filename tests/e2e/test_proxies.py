"""VLog behind nginx and behind Caddy, configured as the repository ships them: nothing is lost on the way."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import proxies
from tests.support.installation import Installation
from tests.support.proxies import BEHIND, VISITOR, Front
from tests.support.site import Site, publish

SIZE = 1_500_000


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("behind")
    found = Installation(home)
    found.start(BEHIND)
    try:
        yield found
        found.stop()
    finally:
        found.kill()


@pytest.fixture(scope="module")
def site(installation: Installation) -> Site:
    return publish(installation)


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def front(
    request: pytest.FixtureRequest, installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    start = {"nginx": proxies.nginx, "caddy": proxies.caddy}[request.param]
    with start(installation, tmp_path_factory.mktemp(request.param)) as found:
        yield found


def test_segments_arrive_whole_and_in_parts(front: Front, site: Site) -> None:
    data = os.urandom(SIZE)
    path = site.add("360p", 9000, data)
    with front.visitor() as visitor:
        whole = visitor.get(path)
        assert (whole.status_code, whole.content) == (200, data)
        assert whole.headers["content-type"] == "video/iso.segment"
        assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert whole.headers["access-control-allow-origin"] == "*"
        assert "Content-Range" in whole.headers["access-control-expose-headers"]
        assert whole.headers["cross-origin-resource-policy"] == "cross-origin"
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert "x-accel-redirect" not in whole.headers
        for header, start, end in (
            ("bytes=0-0", 0, 1),
            ("bytes=1000-700999", 1000, 701_000),
            ("bytes=-5", SIZE - 5, SIZE),
            (f"bytes={SIZE - 9}-", SIZE - 9, SIZE),
        ):
            part = visitor.get(path, headers={"Range": header})
            assert (part.status_code, part.content) == (206, data[start:end])
            assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
        assert visitor.get(path, headers={"Range": f"bytes={SIZE}-"}).status_code == 416
        many = visitor.get(path, headers={"Range": "bytes=" + ",".join(["0-0"] * 1000)})
        assert len(many.content) in {0, SIZE}
        again = visitor.get(path, headers={"If-None-Match": whole.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        resumed = {"Range": "bytes=5-9", "If-Range": whole.headers["etag"]}
        assert visitor.get(path, headers=resumed).content == data[5:10]
        assert visitor.get(path, headers={**resumed, "If-Range": '"another"'}).content == data
        head = visitor.head(path)
        assert (head.status_code, head.headers["content-length"]) == (200, str(SIZE))


def test_playlists_and_pages(front: Front, site: Site) -> None:
    with front.visitor() as visitor:
        master = visitor.get(f"/videos/{site.storage_key}/master.m3u8")
        assert master.text.startswith("#EXTM3U")
        assert master.headers["cache-control"] == "no-cache"
        assert visitor.get(f"/watch/{site.slug}").status_code == 200
        assert visitor.get("/videos/none/master.m3u8").status_code == 404


def test_the_way_past_the_checks_is_closed(front: Front, site: Site) -> None:
    path = site.add("360p", 9001, os.urandom(SIZE))
    for outside in (
        f"/internal-media{path}",
        f"/internal-media/videos/{site.storage_key}/master.m3u8",
        "/internal-media/.vlog-root",
        f"/videos/%2e%2e/internal-media{path}",
        f"/videos/../internal-media{path}",
        f"//internal-media{path}",
        f"/./internal-media{path}",
        f"/%69nternal-media{path}",
        f"/Internal-Media{path}",
        f"/x?/internal-media{path}",
    ):
        status, body = front.untidied(outside, {"X-Accel-Redirect": f"/internal-media{path}"})
        assert status == 404, outside
        assert len(body) < 10_000


def test_private_videos_can_not_be_had(front: Front, installation: Installation) -> None:
    hidden = publish(installation, f"Hidden behind {front.name}")
    path = hidden.add("360p", 9002, os.urandom(SIZE))
    with front.visitor() as visitor, front.admins(installation) as admin:
        assert visitor.get(path).status_code == 200
        admin.post(f"/api/videos/{hidden.video_id}/unpublish").raise_for_status()
        deadline = time.monotonic() + 5
        while visitor.get(path).status_code != 404:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert visitor.get(f"/videos/{hidden.storage_key}/master.m3u8").status_code == 404
        moved = next((installation.storage / "videos" / hidden.storage_key).glob("*/360p/segment_9002.m4s"))
        fresh = f"/videos/{moved.relative_to(installation.storage / 'videos')}"
        assert visitor.get(fresh).status_code == 404
        assert admin.get(fresh).content == moved.read_bytes()


def test_the_visitor_is_seen_not_the_proxy(front: Front, installation: Installation) -> None:
    path = f"/api/videos/asked-through-{front.name.lower()}"
    with front.visitor(**{"X-Forwarded-For": "198.51.100.77"}) as visitor:
        assert visitor.get(path).status_code == 404
    deadline = time.monotonic() + 10
    while not (seen := [line for line in installation.printed().splitlines() if path in line]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert f"client={VISITOR} " in seen[0]
    assert "198.51.100.77" not in installation.printed()


def test_cookies_are_secure_where_the_visitor_uses_tls(front: Front, installation: Installation) -> None:
    with front.visitor() as visitor:
        signed_in = visitor.post(f"{front.admin}/api/auth/login", json={"secret": installation.secret})
    assert signed_in.status_code == 200
    is_secure = "; secure" in signed_in.headers["set-cookie"].lower()
    assert is_secure == front.admin.startswith("https")


def _source(installation: Installation, name: str) -> Path:
    """The small clip, made different and larger by what comes behind its end."""
    path = installation.home / f"{name}.mp4"
    clip = (installation.home / "two-seconds.mp4").read_bytes()
    filler = os.urandom(3_000_000)
    path.write_bytes(clip + (len(filler) + 8).to_bytes(4, "big") + b"free" + filler)
    return path


def test_uploads_in_one_request(front: Front, installation: Installation, site: Site) -> None:
    source = _source(installation, f"whole-{front.name}")
    with front.admins(installation) as admin, source.open("rb") as file:
        answer = admin.post("/api/videos", data={"title": f"By {front.name}"}, files={"file": file})
    assert answer.status_code == 201, answer.text
    video = installation.wait_until_over(answer.json()["video_id"])
    assert video["status"] == "ready"


def test_uploads_in_pieces(front: Front, installation: Installation, site: Site) -> None:
    data = _source(installation, f"pieces-{front.name}").read_bytes()
    tus = {"Tus-Resumable": "1.0.0"}
    filename = base64.b64encode(b"pieces.mp4").decode()
    with front.admins(installation) as admin:
        metadata = {"Upload-Length": str(len(data)), "Upload-Metadata": f"filename {filename}"}
        created = admin.post("/api/uploads", headers={**tus, **metadata})
        assert created.status_code == 201, created.text
        place = created.headers["location"]
        offset = 0
        for end in (1_000_000, len(data)):
            patch = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            sent = admin.patch(place, content=data[offset:end], headers={**tus, **patch})
            assert (sent.status_code, sent.headers["upload-offset"]) == (204, str(end))
            offset = int(admin.head(place, headers=tus).headers["upload-offset"])
            assert offset == end
    stored = (each for each in (installation.storage / "uploads").iterdir() if each.is_file())
    assert any(each.stat().st_size == len(data) and each.read_bytes() == data for each in stored)


def test_progress_streams_at_once(front: Front, installation: Installation, site: Site) -> None:
    source = _source(installation, f"seen-{front.name}")
    with (
        front.admins(installation) as listening,
        front.admins(installation) as admin,
        listening.stream("GET", "/api/events/progress") as stream,
    ):
        lines = stream.iter_lines()
        # The opening comes before anything has happened.
        assert next(line for line in lines if line).startswith("retry:")
        with source.open("rb") as file:
            answer = admin.post("/api/videos", data={"title": "Seen"}, files={"file": file})
        video_id = answer.json()["video_id"]
        for line in lines:
            if line.startswith("data:") and json.loads(line[5:]).get("video_id") == video_id:
                break


def test_the_command_line_uploads_through_it(
    front: Front, installation: Installation, site: Site, tmp_path: Path
) -> None:
    if front.name != "nginx":
        pytest.skip("the command line wants a certificate that it can check")
    source = _source(installation, f"command-{front.name}")
    environment = {**installation.environment, "VLOG_ADMIN_API_URL": front.admin}
    done = subprocess.run(
        installation.command("upload", str(source)),
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr

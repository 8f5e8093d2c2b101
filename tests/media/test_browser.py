"""Segments as a real browser takes them: no gap, no shift, every picture at its time."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.barcode_sources import BarcodeSources
from tests.support.browser import chromium
from tests.support.presentations import assignment, chunks, encode_chunk, inspected, rung, shown
from tests.support.recording_client import RecordingClient
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.pipeline.audio import make_audio
from vlog.pipeline.jail import Jail
from vlog.pipeline.remux import remux
from vlog.wire.work import AudioWork, Inspected, RemuxWork

VIDEO = 'video/mp4; codecs="avc1.64001f"'
AUDIO = 'audio/mp4; codecs="mp4a.40.2"'
LARGE = rung("180p", 320, 180)

# Appends everything, tells what is buffered, plays it and tells each picture's time.
PLAY = """async (tracks) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const video = document.createElement("video");
  video.muted = true;
  // Nobody watches: pictures that are left out for want of time are counted as well.
  video.playbackRate = 6;
  document.body.append(video);
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise((open) => source.addEventListener("sourceopen", open, { once: true }));
  const buffered = {};
  const buffers = Object.entries(tracks).map(([type, parts]) => [source.addSourceBuffer(type), type, parts]);
  for (const [buffer, type, parts] of buffers) {
    for (const part of parts) {
      buffer.appendBuffer(bytes(part));
      await new Promise((done) => buffer.addEventListener("updateend", done, { once: true }));
    }
    const ranges = buffer.buffered;
    buffered[type] = Array.from(ranges, (_, at) => at).concat(
      Array.from({ length: ranges.length }, (_, at) => [ranges.start(at), ranges.end(at)]));
  }
  source.endOfStream();
  const times = [];
  const seen = (_, picture) => {
    times.push(picture.mediaTime);
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
  await video.play();
  await new Promise((done, fail) => {
    video.addEventListener("ended", done, { once: true });
    video.addEventListener("error", () => fail(new Error(video.error.message)), { once: true });
  });
  const quality = video.getVideoPlaybackQuality();
  return { buffered, times, duration: video.duration, total: quality.totalVideoFrames,
           corrupted: quality.corruptedVideoFrames };
}"""


@dataclass(frozen=True)
class Played:
    buffered: Mapping[str, list[list[float]]]
    times: list[float]
    duration: float
    total: int
    corrupted: int


async def played(client: RecordingClient, video: str, audio: str | None) -> Played:
    """What Chromium makes of two renditions."""
    tracks = {VIDEO: parts_of(client, video)}
    if audio:
        tracks[AUDIO] = parts_of(client, audio)
    async with chromium() as watched:
        told = await watched.page.evaluate(PLAY, tracks)
        assert await watched.complaints() == []
    return Played(**told)


def parts_of(client: RecordingClient, rendition: str) -> list[str]:
    segments = client.segments[rendition]
    parts = [client.inits[rendition], *(segments[number].data for number in sorted(segments))]
    return [base64.b64encode(part).decode() for part in parts]


async def both_encoded(jail: Jail, source: Path, found: Inspected) -> RecordingClient:
    client = RecordingClient(source)
    task = assignment(jail, source, client)
    for cells in chunks(found.grid, 2):
        await encode_chunk(task, found, cells, rungs=(LARGE,))
    if found.info.audio:
        audio = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=96_000)
        await make_audio(task, AudioWork(info=found.info, grid=found.grid, audio=audio, durable={}))
    return client


async def both_copied(jail: Jail, source: Path, found: Inspected) -> RecordingClient:
    client = RecordingClient(source)
    video = VideoRendition(name="180p", width=320, height=180, encoder="copy")
    audio = AudioRendition(name="audio", encoder="copy", sample_rate=48_000, channels=2, bit_rate=96_000)
    work = RemuxWork(info=found.info, grid=found.grid, video=video, audio=audio, durable={})
    await remux(assignment(jail, source, client), work)
    return client


@pytest.mark.parametrize(
    ("way", "name"),
    [
        ("encoded", "ntsc.mp4"),
        ("encoded", "longer_sound.mp4"),
        ("encoded", "uneven.mp4"),
        ("copied", "ntsc.mp4"),
        ("copied", "late_sound.mp4"),
    ],
)
async def test_chromium_shows_every_time(
    way: str, name: str, barcodes: BarcodeSources, any_jail: Jail
) -> None:
    source = barcodes.path(name)
    found = await inspected(any_jail, source, remux=way == "copied")
    make = both_copied if way == "copied" else both_encoded
    client = await make(any_jail, source, found)
    seen = await played(client, "180p", "audio")
    picture, heard = shown(client, "180p"), shown(client, "audio")
    tick = Fraction(1, found.grid.timescale)
    start, end = seen.buffered[VIDEO][-1]
    assert start == 0
    assert end == pytest.approx(float(picture.end * tick), abs=2e-6)
    sound = [heard.ticks[0] / 48_000, heard.end / 48_000]
    assert seen.buffered[AUDIO][-1] == pytest.approx(sound, abs=2e-6)
    assert all(len(ranges) == 2 for ranges in seen.buffered.values())
    times = [float(value * tick) for value in sorted(picture.ticks)]
    for time in seen.times:
        assert min(abs(time - exact) for exact in times) < 2e-6
    assert (seen.corrupted, seen.total) == (0, len(times))

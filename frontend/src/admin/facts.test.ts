import { expect, test } from "vitest";
import { factsOf, loudnessOf, qualityRows } from "./facts";
import type { StoredQuality, VideoDetail } from "./shapes";

const quality = (name: string, height: number, size: number): StoredQuality => ({
  quality: name, width: (height * 16) / 9, height, bitrate: 1_000_000, average_bitrate: 800_000,
  kind: "video", codec: "avc1.640028", size_bytes: size,
});

test("largest picture first, sound last, then the sum", () => {
  const rows = qualityRows({ qualities: [quality("audio", 0, 1e6), quality("360p", 360, 2e6), quality("1080p", 1080, 7e6)] });
  expect(rows.map(({ name, size, bytes }) => [name, size, bytes])).toEqual([
    ["1080p", "1920 × 1080", "7.0 MB"],
    ["360p", "640 × 360", "2.0 MB"],
    ["Sound", "–", "1.0 MB"],
    ["Together", "", "10.0 MB"],
  ]);
});

test("one rendition needs no sum", () => {
  expect(qualityRows({ qualities: [quality("360p", 360, 1)] })).toHaveLength(1);
});

test("what is not known yet is left out", () => {
  const video = {
    source_filename: "a.mp4", source_size_bytes: 0, status: "pending", publish_when_ready: false, source_width: 0, source_height: 0, duration: 0, slug: "a",
    created_at: "2026-11-20T10:00:00Z", published_at: null, deleted_at: null,
  } as VideoDetail;
  expect(factsOf(video).map(({ name }) => name)).toEqual(["File", "Uploaded", "When ready", "Address"]);
});

const heard = (loudness_lufs: number | null, gain_db: number | null): Pick<VideoDetail, "job"> => ({
  job: { renditions: [{ name: "360p" }, { name: "audio", loudness_lufs, gain_db }] } as VideoDetail["job"],
});

test("how loud it was and what was made of it", () => {
  expect(loudnessOf(heard(-23.4, 7.4))).toBe("−23.4 LUFS, raised by 7.4 dB");
  expect(loudnessOf(heard(-9, -7))).toBe("−9.0 LUFS, lowered by 7.0 dB");
  expect(loudnessOf(heard(-16.2, null))).toBe("−16.2 LUFS, left as it is");
  expect(loudnessOf(heard(null, 0))).toBeNull();
  expect(loudnessOf({ job: null })).toBeNull();
});

test("sound alone is called so", () => {
  const video = { source_width: 0, source_height: 0, duration: 30, status: "ready", created_at: "2026-11-20T10:00:00Z", published_at: null, deleted_at: null, job: null } as VideoDetail;
  expect(factsOf(video)).toContainEqual({ name: "Picture", value: "none, sound only" });
});

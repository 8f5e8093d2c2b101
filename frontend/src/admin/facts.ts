import { bitRate, bytes, clock, moment } from "../shared/format";
import type { VideoDetail } from "./shapes";
import { renditionName } from "./status";

/** What is known about a video, as rows of a list. */
export function factsOf(video: VideoDetail): { name: string; value: string }[] {
  const size = video.source_width && video.source_height ? `${video.source_width} × ${video.source_height}` : null;
  // The length is known when the source has been looked at; without a picture it is sound.
  const picture = size ?? (video.duration ? "none, sound only" : null);
  const rows: [string, string | null][] = [
    ["File", video.source_filename],
    ["Size", video.source_size_bytes > 0 ? bytes(video.source_size_bytes) : null],
    ["Picture", picture],
    ["Loudness", loudnessOf(video)],
    ["Length", video.duration ? clock(video.duration) : null],
    ["Uploaded", moment(video.created_at)],
    ["When ready", whenReady(video)],
    ["Published", video.published_at === null ? null : moment(video.published_at)],
    ["Deleted", video.deleted_at === null ? null : moment(video.deleted_at)],
    ["Address", `/watch/${video.slug}`],
  ];
  return rows.flatMap(([name, value]) => (value === null || value === "" ? [] : [{ name, value }]));
}

/** What was measured of the sound and what was made of it: "−23.4 LUFS, raised by 7.4 dB". */
export function loudnessOf({ job }: Pick<VideoDetail, "job">): string | null {
  const heard = job?.renditions.find(({ loudness_lufs }) => loudness_lufs != null);
  if (heard?.loudness_lufs == null) return null;
  const gain = heard.gain_db ?? 0;
  const made = gain === 0 ? "left as it is" : `${gain > 0 ? "raised" : "lowered"} by ${Math.abs(gain).toFixed(1)} dB`;
  return `${heard.loudness_lufs.toFixed(1).replace("-", "−")} LUFS, ${made}`;
}

function whenReady({ status, publish_when_ready, deleted_at }: VideoDetail): string | null {
  if (status === "ready" || deleted_at !== null) return null;
  return publish_when_ready ? "is published" : "stays hidden";
}

export interface QualityRow {
  name: string;
  size: string;
  codec: string;
  peak: string;
  average: string;
  bytes: string;
}

/** The finished renditions, largest picture first, sound last; and what they take together. */
export function qualityRows({ qualities }: Pick<VideoDetail, "qualities">): QualityRow[] {
  const sorted = [...qualities].sort((a, b) => b.height - a.height || b.bitrate - a.bitrate);
  const rows = sorted.map((one) => ({
    name: renditionName(one.quality),
    size: one.width && one.height ? `${one.width} × ${one.height}` : "–",
    codec: one.codec,
    peak: bitRate(one.bitrate),
    average: bitRate(one.average_bitrate),
    bytes: bytes(one.size_bytes),
  }));
  if (rows.length < 2) return rows;
  const total = qualities.reduce((sum, one) => sum + one.size_bytes, 0);
  return [...rows, { name: "Together", size: "", codec: "", peak: "", average: "", bytes: bytes(total) }];
}

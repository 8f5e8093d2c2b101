import { expect, test } from "vitest";
import type { Quality } from "../player/engine";
import type { PublicProgress } from "../shared/api";
import { isMore, sizesToCome } from "./joined";

const progress = (statuses: Record<string, string>): PublicProgress => ({
  status: "ready", current_step: null, progress_percent: 80, eta_seconds: null, playable_seconds: null, attempt: 1, max_attempts: 3, started_at: null,
  last_error: null, qualities: Object.entries(statuses).map(([name, status]) => ({ name, status, progress: 0 })),
});
const size = (width: number, height: number): Quality => ({ id: "1", width, height, bandwidth: 1, frameRate: null });

test("a size is to come until it is done or given up; sound is no size", () => {
  expect(sizesToCome(progress({ "360p": "completed", "720p": "in_progress", "480p": "pending" }))).toEqual(["720p", "480p"]);
  expect(sizesToCome(progress({ "360p": "completed", "720p": "failed", "480p": "skipped" }))).toEqual([]);
  expect(sizesToCome(progress({ original: "completed", audio: "in_progress", audio_source: "completed" }))).toEqual([]);
});

test("what plays already while it is being made is nothing more", () => {
  expect(isMore(["360p"], [size(640, 360)])).toBe(false);
  expect(isMore(["360p"], [size(360, 640)])).toBe(false);
  expect(isMore(["360p", "720p"], [size(640, 360)])).toBe(true);
  expect(isMore([], [size(640, 360)])).toBe(false);
  expect(isMore(["360p"], [])).toBe(false);
});

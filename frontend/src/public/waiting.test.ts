import { expect, test } from "vitest";
import type { PublicProgress } from "../shared/api";
import { waitingView } from "./waiting";

const progress: PublicProgress = {
  status: "processing", current_step: "video", progress_percent: 41.7, eta_seconds: 95, playable_seconds: 15, attempt: 1, max_attempts: 3,
  started_at: null, last_error: null,
  qualities: [
    { name: "360p", status: "completed", progress: 100 },
    { name: "720p", status: "in_progress", progress: 12.9 },
    { name: "audio", status: "completed", progress: 100 },
  ],
};

test("numbers and sizes of a running job", () => {
  const view = waitingView(progress);
  expect(view.value).toBe(41.7);
  expect(view.numbers).toBe("41 % · ready to watch in about 20 seconds");
  expect(view.renditions.map(({ text }) => text)).toEqual(["360p", "720p 12 %"]);
});

test("a queue shows no amount", () => {
  const view = waitingView({ ...progress, status: "pending", current_step: null, progress_percent: 0, qualities: [] });
  expect(view.value).toBeNull();
  expect(view.numbers).toBe("");
  expect(view.title).toBe("This video is waiting its turn");
});

test("a second attempt is not hidden", () => {
  expect(waitingView({ ...progress, playable_seconds: null, attempt: 2 }).numbers).toBe("41 % · attempt 2 of 3");
});

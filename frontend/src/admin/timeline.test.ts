import { expect, test } from "vitest";
import type { Attempt, Job, Task } from "./shapes";
import { isLong, spanOf, summary, timeline } from "./timeline";

const task = (id: number, over: Partial<Task> = {}): Task => ({
  id, kind: "video", state: "queued", renditions: ["720p"], first_cell: 0, last_cell: 7, attempt: 1, max_attempts: 3, worker: null,
  started_at: null, finished_at: null, progress_percent: 0, error_code: null, error_message: null, command: null, stderr_tail: null, attempts: [], ...over,
});
const job = (tasks: Task[]): Job => ({
  id: 1, state: "running", current_step: null, progress_percent: 0, eta_seconds: null, playable_seconds: null, attempt: 1, max_attempts: 3,
  created_at: "2026-11-20T10:00:00Z", started_at: null, finished_at: null, last_error: null, tasks, renditions: [],
});
const now = Date.parse("2026-11-20T10:01:40Z");
const early = task(1, { state: "done", kind: "inspect", started_at: "2026-11-20T10:00:00Z", finished_at: "2026-11-20T10:00:25Z" });
const running = task(2, { state: "leased", started_at: "2026-11-20T10:00:50Z", worker: "local-1", progress_percent: 40 });

test("bars share one span, a running one reaches until now", () => {
  const [first, second] = timeline(job([early, running]), { all: true, nowMs: now });
  expect(first?.bar).toEqual({ from: 0, span: 25 });
  expect(second?.bar).toEqual({ from: 50, span: 50 });
  expect([first?.took, second?.took]).toEqual(["25 s", "50 s"]);
  expect(second?.percent).toBe(40);
  expect(first?.percent).toBeNull();
});

test("a task that has not begun has no bar and no length", () => {
  const [line] = timeline(job([task(1)]), { all: true, nowMs: now });
  expect(line).toMatchObject({ bar: null, took: "", started: "", what: "720p · segments 0–7" });
  expect(spanOf([task(1)], now)).toEqual([now, now]);
});

test("one segment reads as one, a whole track as none", () => {
  const [one, whole] = timeline(job([task(1, { last_cell: 0 }), task(2, { first_cell: null, last_cell: null })]), { all: true, nowMs: now });
  expect(one?.what).toBe("720p · segment 0");
  expect(whole?.what).toBe("720p");
});

test("of many tasks the failed and the running come through", () => {
  const many = job([...Array.from({ length: 40 }, (_, id) => task(id, { state: "done" })), task(90, { state: "failed" }), task(91, { state: "leased" })]);
  expect(isLong(many)).toBe(true);
  const few = timeline(many, { all: false, nowMs: now });
  expect(few).toHaveLength(12);
  expect(few.slice(-2).map(({ id }) => id)).toEqual([90, 91]);
  expect(timeline(many, { all: true, nowMs: now })).toHaveLength(42);
});

test("attempts are shown once they say something", () => {
  const lines = timeline(job([task(1), task(2, { attempt: 2 }), task(3, { state: "failed", attempt: 1 })]), { all: true, nowMs: now });
  expect(lines.map(({ attempt }) => attempt)).toEqual(["", "attempt 2 of 3", "attempt 1 of 3"]);
});

test("the summary counts", () => {
  expect(summary(job([early, running, task(3, { state: "failed" })]))).toBe("1 of 3 tasks done, 1 running, 1 failed");
  expect(summary(null)).toBe("No job.");
});

test("what went wrong is told per attempt, what went well is not", () => {
  const attempt: Attempt = {
    number: 1, worker: "local-1", started_at: "2026-11-20T10:00:00Z", ended_at: "2026-11-20T10:00:07Z", outcome: "failed",
    error_code: null, error_message: "The picture cannot be decoded.", runs: [{ command: "ffmpeg -i a", stderr_tail: "Invalid data\n", exit_status: 69, cpu_seconds: 1 }],
  };
  const attempts = [attempt, { ...attempt, number: 2, outcome: "expired" as const, error_message: null, runs: [] }, { ...attempt, number: 3, outcome: "done" as const }];
  const [line] = timeline(job([task(1, { state: "done", attempts, error_message: "old" })]), { all: true, nowMs: now });
  expect(line?.error).toBe("");
  expect(line?.troubles.map(({ text }) => text)).toEqual([
    "Attempt 1 failed after 7.0 s on local-1",
    "Attempt 2 lost: its worker was not heard of again after 7.0 s on local-1",
  ]);
  expect(line?.troubles[0]?.runs).toEqual([{ key: "1-0", command: "ffmpeg -i a", log: "Invalid data" }]);
});

test("the task's own error is not said twice", () => {
  const failed = { number: 1, worker: "w", started_at: "2026-11-20T10:00:00Z", ended_at: "2026-11-20T10:00:07Z", outcome: "failed" as const, error_code: null, runs: [] };
  const same = { ...failed, error_message: "No." };
  const [line] = timeline(job([task(1, { state: "failed", error_message: "No.", attempts: [same] })]), { all: true, nowMs: now });
  expect([line?.error, line?.troubles[0]?.error]).toEqual(["No.", ""]);
});

import { expect, test } from "vitest";
import type { PublicProgress } from "../shared/api";
import { moreToCome } from "./joined";

const progress = (...statuses: string[]): PublicProgress => ({
  status: "ready", current_step: null, progress_percent: 80, eta_seconds: null, attempt: 1, max_attempts: 3, started_at: null,
  last_error: null, qualities: statuses.map((status, at) => ({ name: `${at}`, status, progress: 0 })),
});

test("polling goes on while a size is being made, and ends when all are done or given up", () => {
  expect(moreToCome(progress("completed", "in_progress"))).toBe(true);
  expect(moreToCome(progress("completed", "pending"))).toBe(true);
  expect(moreToCome(progress("completed", "failed"))).toBe(false);
  expect(moreToCome(progress())).toBe(false);
});

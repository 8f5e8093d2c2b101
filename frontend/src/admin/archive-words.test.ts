import { expect, test } from "vitest";
import { purgesAt, warningOf } from "./archive-words";

const told = { count: 9, due: [], due_count: 0, due_size_bytes: 2_000_000, is_stopped: false, limit: 2, retention_days: 30, size_bytes: 0 };

test("a video goes when its days are over, or never", () => {
  expect(purgesAt("2026-05-01T10:00:00Z", 30)).toBe("31 May 2026");
  expect([purgesAt("2026-05-01T10:00:00Z", 0), purgesAt(null, 30)]).toEqual(["kept", "kept"]);
});

test("what is due is told, and why it may have stopped", () => {
  expect(warningOf(told)).toBe("");
  expect(warningOf({ ...told, due_count: 1 })).toBe("The time of 1 video (2.0 MB) is over: it goes within the hour.");
  expect(warningOf({ ...told, due_count: 3, is_stopped: true })).toContain("more than 2 at once");
});

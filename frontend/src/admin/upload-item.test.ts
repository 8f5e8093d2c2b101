import { expect, test } from "vitest";
import { lateChanges, newItem, progressText, summaryOf } from "./upload-item";

const told = { title: "A", description: "", category: "", publish: true };

test("a row says how far it is, how fast and how long it takes", () => {
  const item = { ...newItem("a.mp4", 2_000_000_000), state: "sending" as const, sent: 820_000_000, rate: 10_000_000 };
  expect(progressText(item)).toBe("41 % of 2.0 GB · 10.0 MB/s · about 2 minutes left");
  expect(progressText({ ...item, state: "retrying", rate: null, line: "The connection broke." })).toBe("41 % of 2.0 GB · The connection broke.");
  expect(progressText({ ...item, state: "staged", sent: 0 })).toBe("2.0 GB");
  expect(progressText({ ...item, state: "storing", sent: item.size })).toContain("storing");
  expect(progressText({ ...item, state: "done", line: "" })).toBe("2.0 GB uploaded");
});

test("several uploads are summed up, one is not", () => {
  const one = { ...newItem("a.mp4", 1000), state: "sending" as const, sent: 500, rate: 100 };
  expect(summaryOf([one])).toBeNull();
  expect(summaryOf([one, { ...one, key: 2, sent: 0 }, { ...one, state: "done" }])).toBe("2 uploads · 25 % of 2.0 kB · 200 B/s · a few seconds left");
});

test("only what was changed after the upload began is told to the video", () => {
  expect(lateChanges({ ...told }, told)).toEqual({ edit: {}, publish: null });
  expect(lateChanges({ title: " B ", description: "d", category: "3", publish: false }, told)).toEqual({
    edit: { title: "B", description: "d", category_id: 3 }, publish: false,
  });
  expect(lateChanges({ ...told, title: " ", category: "" }, { ...told, category: "3" })).toEqual({ edit: { category_id: null }, publish: null });
});

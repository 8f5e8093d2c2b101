import { expect, test } from "vitest";
import type { StorageCheck, StorageTrouble } from "./api-types";
import { adviceOf, badgeOf, checkOf, lastCheck, schedule, spaceOf } from "./storage-words";

const check: StorageCheck = {
  state: "running", waited_seconds: 70, requested_at: "2026-05-03T11:00:00Z", started_at: null, finished_at: null, files: 1204, size_bytes: 1e9, total_bytes: 4e9, percent: 25,
  eta_seconds: 150, wrong_files_count: 0, error_message: null,
};
const trouble: StorageTrouble = {
  video_id: 1, title: "A film", is_deleted: false, count: 2, is_acknowledged: false, is_mending: false, can_be_mended: true,
  files: ["a", "b"].map((key) => ({ key, words: "", advice: "Do this.", kind: "missing", part: "media", found_at: "" })),
};

test("a running check tells how far it is, and for how long", () => {
  const words = checkOf(check);
  expect([words.isOpen, words.title, words.text]).toEqual([true, "25 % · about 3 minutes left", "1,204 files · 1.0 GB of about 4.0 GB"]);
  expect(checkOf({ ...check, eta_seconds: null, wrong_files_count: 1 }).text).toContain("1 file wrong");
});

test("a request that nobody takes says whom to look for", () => {
  expect(checkOf({ ...check, state: "requested", waited_seconds: 3 }).text).toBe("");
  expect(checkOf({ ...check, state: "requested" }).text).toContain("background process");
});

test("a check that broke off says why, and is over", () => {
  const words = checkOf({ ...check, state: "failed", error_message: "The storage is not mounted." });
  expect([words.isOpen, words.trouble]).toEqual([false, "The last check did not come to its end: The storage is not mounted."]);
  expect(checkOf(null).isOpen).toBe(false);
});

test("the last check, and when the next one is", () => {
  expect(lastCheck(null)).toBe("No check has come to its end yet.");
  expect(lastCheck({ ...check, finished_at: "2026-05-03T12:00:00Z" })).toContain("1,204 files (1.0 GB), all as they should be.");
  expect(lastCheck({ ...check, wrong_files_count: 3 })).toContain("3 of them not");
  expect(schedule({ interval_days: 1, rate_mb: 20 })).toMatch(/^Every day/);
  expect(schedule({ interval_days: 0, rate_mb: 20 })).toContain("not checked by themselves");
});

test("space is a figure, and alarming when nearly none is left", () => {
  expect(spaceOf(25e9, 100e9)).toMatchObject({ free: "25.0 GB free", usedPercent: 75, tone: "plain", text: "75.0 GB of 100 GB in use" });
  expect(spaceOf(1e9, 100e9).tone).toBe("danger");
  expect(spaceOf(null, null).isKnown).toBe(false);
});

test("each trouble says once what to do", () => {
  expect(adviceOf(trouble)).toBe("Do this.");
  expect(adviceOf({ ...trouble, is_deleted: true })).toContain("archive");
  expect(adviceOf({ ...trouble, is_mending: true, can_be_mended: false })).toContain("looked at again");
  expect([badgeOf(trouble).text, badgeOf({ ...trouble, is_mending: true }).text]).toEqual(["Needs you", "Being made again"]);
});

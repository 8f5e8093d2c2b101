import { expect, test } from "vitest";
import type { ListedVideo, ProgressEvent } from "./shapes";
import { badgeOf, foreseen, isViewable, isWorking, progressLine, publishingOf, renditionLabel, withProgress } from "./status";

const video: ListedVideo = {
  id: 1, title: "A", slug: "a", description: "", category_id: null, category_name: null, duration: 10, status: "processing",
  created_at: "2026-11-20T10:00:00Z", published_at: null, deleted_at: null, thumbnail_url: null, thumbnails: [], preview_url: null, warnings: [], error_message: null,
  source_filename: "a.mp4", source_size_bytes: 1, progress: null, edit_revision: 1, error_code: null, has_chapters: false, is_featured: false,
  publish_at: null, tags: [], view_count: 0, visibility: "public",
};
const event: ProgressEvent = { video_id: 1, status: "processing", percent: 30, eta_seconds: 95, playable_seconds: null, current_step: "video", renditions: [] };

test.each([
  [{ ...video, deleted_at: "2026-11-20T10:00:00Z" }, "In the archive"],
  [{ ...video, status: "failed" as const }, "Failed"],
  [video, "Processing"],
  [{ ...video, status: "ready" as const }, "Not published"],
  [{ ...video, status: "ready" as const, published_at: "2026-11-20T10:00:00Z" }, "Published"],
])("badge %#", (given, text) => expect(badgeOf(given).text).toBe(text));

test("progress reads as one line and leaves out what is unknown", () => {
  expect(progressLine(event)).toBe("30 % · about 2 minutes left · encoding picture");
  expect(progressLine({ percent: 0, eta_seconds: null, playable_seconds: null, current_step: null })).toBe("0 %");
});

test("before it can be watched it says when it can, and when all of it is there", () => {
  expect(foreseen({ playable_seconds: 14, eta_seconds: 130 })).toBe("watchable in about 20 seconds, all sizes in about 2 minutes");
  expect(foreseen({ playable_seconds: 14, eta_seconds: null })).toBe("watchable in about 20 seconds");
  expect(foreseen({ playable_seconds: 3, eta_seconds: 4 })).toBe("watchable in a few seconds");
  expect(foreseen({ playable_seconds: null, eta_seconds: null })).toBeNull();
});

test("an event moves the bar; the last one ends it", () => {
  const moved = withProgress(video, event);
  expect(moved.progress?.percent).toBe(30);
  expect(isWorking(moved)).toBe(true);
  const ended = withProgress(moved, { ...event, status: "ready", percent: 100 });
  expect(ended.progress).toBeNull();
  expect(isWorking(ended)).toBe(false);
});

test("a playable video whose ladder is still growing is working", () => {
  expect(isWorking(withProgress(video, { ...event, status: "ready", percent: 60 }))).toBe(true);
});

test("what visitors can watch has a page to be viewed on", () => {
  const shown = { ...video, status: "ready" as const, published_at: "2026-11-20T11:00:00Z" };
  expect(isViewable(shown)).toBe(true);
  expect(isViewable({ ...shown, published_at: null })).toBe(false);
  expect(isViewable({ ...shown, deleted_at: "2026-11-21T10:00:00Z" })).toBe(false);
  expect(isViewable({ ...shown, status: "processing" })).toBe(false);
});

test("only a running rendition shows its percentage", () => {
  expect(renditionLabel({ name: "720p", status: "in_progress", progress_percent: 41.9 })).toBe("720p 41 %");
  expect(renditionLabel({ name: "720p", status: "completed", progress_percent: 100 })).toBe("720p");
  expect(renditionLabel({ name: "audio", status: "skipped", progress_percent: 0 })).toBe("Sound not needed");
});

test("visibility: now, when ready, or not at all", () => {
  const at = { status: "ready" as const, published_at: null, deleted_at: null, publish_when_ready: false };
  expect(publishingOf(at)).toEqual({ deed: "publish", text: "Publish" });
  expect(publishingOf({ ...at, published_at: "2026-11-20T10:00:00Z" })?.deed).toBe("unpublish");
  expect(publishingOf({ ...at, status: "pending" })?.text).toBe("Publish when ready");
  expect(publishingOf({ ...at, status: "failed", publish_when_ready: true })?.text).toBe("Do not publish when ready");
  expect(publishingOf({ ...at, deleted_at: "2026-11-20T10:00:00Z" })).toBeNull();
});

import { expect, test } from "vitest";
import type { AuditEntry } from "./api-types";
import { actionWords, deedOf, detailsOf, subjectPage } from "./audit-words";

const entry = (more: Partial<AuditEntry>): AuditEntry =>
  ({ id: 1, action: "video.edited", subject_type: "video", subject_id: 7, details: {}, ...more }) as AuditEntry;

test("acts are told in words, also those that have none yet", () => {
  expect(deedOf("video.deleted")).toBe("moved to the archive:");
  expect(deedOf("thumbnail.chosen")).toBe("thumbnail chosen:");
  expect([actionWords("video.edited"), actionWords("videos.deleted")]).toEqual(["Video: edited", "Many videos: deleted"]);
});

test("a subject leads to its page while it is there", () => {
  expect(subjectPage(entry({}))).toBe("/video/7");
  expect(subjectPage(entry({ action: "video.deleted" }))).toBe("/video/7");
  expect(subjectPage(entry({ action: "video.purged" }))).toBe("");
  expect(subjectPage(entry({ action: "tag.created", subject_type: "tag" }))).toBe("/tags");
  expect(subjectPage(entry({ subject_id: null }))).toBe("");
});

test("details say what was and what is", () => {
  const details = { title: ["Old", "New"], category_name: [null, "Films"], failed: 0, videos: 3, add: ["calm", "sea"] };
  expect(detailsOf({ details })).toEqual([
    { name: "title", before: "Old", after: "New" },
    { name: "category name", before: "nothing", after: "Films" },
    { name: "videos", before: "", after: "3" },
    { name: "add", before: "", after: "calm, sea" },
  ]);
  expect(detailsOf({ details: { tags: ["[]", '[{"id":1,"name":"calm"}]'] } })[0]).toMatchObject({ before: "nothing", after: "calm" });
  expect(detailsOf({ details: { values: { Place: "Bern", Staff: ["A", "B"] } } })[0]?.after).toBe("Place: Bern, Staff: A, B");
});

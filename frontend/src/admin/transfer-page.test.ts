import { expect, test } from "vitest";
import { added, sumWords } from "./transfer-page";

const row = (number: number, status: "changed" | "unchanged" | "failed") => ({
  row: number, status, video_id: null, slug: null, changed: [], ignored: [], code: null, message: null,
});

test("rows are numbered in the whole file, and what failed stands first", () => {
  const first = added({ changed: 0, unchanged: 0, failed: 0, rows: [] }, { changed: 1, unchanged: 1, failed: 0, rows: [row(0, "changed"), row(1, "unchanged")] }, 0);
  const both = added(first, { changed: 0, unchanged: 0, failed: 1, rows: [row(0, "failed")] }, 200);
  expect(both.rows.map((each) => [each.row, each.status])).toEqual([[200, "failed"], [0, "changed"]]);
  expect([both.changed, both.unchanged, both.failed]).toEqual([1, 1, 1]);
  expect(sumWords(both, true)).toBe("1 video would be changed, 1 as they were, 1 row refused.");
  expect(sumWords(first, false)).toBe("1 video changed, 1 as they were.");
});

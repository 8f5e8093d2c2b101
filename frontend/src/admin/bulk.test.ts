import { expect, test } from "vitest";
import { refusals, undoOf, undoOfTag } from "./bulk";
import type { ListedVideo } from "./shapes";

const video = (id: number, more: Partial<ListedVideo>): ListedVideo =>
  ({ id, category_id: null, visibility: "public", is_featured: false, tags: [], ...more }) as ListedVideo;
const calm = { id: 7, name: "calm", slug: "calm" };

test("undoing groups the videos by what they were", () => {
  const before = [video(1, {}), video(2, { category_id: 5 }), video(3, {})];
  expect(undoOf(before, { category_id: 9 })).toEqual([
    { deed: "update", ids: [1, 3], more: { category_id: 0 } },
    { deed: "update", ids: [2], more: { category_id: 5 } },
  ]);
});

test("a tag that a video had before stays when it is undone", () => {
  const before = [video(1, { tags: [calm] }), video(2, {})];
  expect(undoOfTag(before, 7, true)).toEqual([{ deed: "tags", ids: [2], more: { remove_tag_ids: [7] } }]);
  expect(undoOfTag(before, 7, false)).toEqual([{ deed: "tags", ids: [1], more: { add_tag_ids: [7] } }]);
  expect(undoOfTag([before[0] as ListedVideo], 7, true)).toEqual([]);
});

test("each reason is said once", () => {
  const refused = (video_id: number, message: string) => ({ video_id, success: false, error: { code: "x", message } });
  const results = [refused(1, "Gone."), refused(2, "Gone."), { video_id: 3, success: true, error: null }];
  expect(refusals(results)).toBe("2 videos left as before: Gone.");
  expect(refusals([])).toBe("");
});

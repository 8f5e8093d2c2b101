import { expect, test } from "vitest";
import { target } from "./operations";

test("the path is filled in, whatever stands in it", () => {
  expect(target("PUT /api/videos/{video_id}/chapters/{chapter_id}", { path: { video_id: 7, chapter_id: "a/b?" } }))
    .toEqual({ method: "PUT", address: "/api/videos/7/chapters/a%2Fb%3F" });
});

test("a query says what is given, and every value of a list", () => {
  const query = { search: "a & b", cursor: null, deleted: false, tag: ["x", "y"] };
  expect(target("GET /api/videos", { query }).address).toBe("/api/videos?search=a+%26+b&deleted=false&tag=x&tag=y");
  expect(target("GET /api/videos", { query: { cursor: null } }).address).toBe("/api/videos");
});

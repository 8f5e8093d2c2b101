import { expect, test } from "vitest";
import { chapterAt, parseChapters } from "./chapters";

test("chapters are read in the order of their starts", () => {
  expect(parseChapters('[[60, "Two"], [0, "One"]]')).toEqual([{ start: 0, title: "One" }, { start: 60, title: "Two" }]);
  for (const broken of [undefined, "", "{}", "[", '[["a", "b"], [1], null, 5]', "null"]) expect(parseChapters(broken)).toEqual([]);
});

test("a second lies in the last chapter that has begun", () => {
  const chapters = parseChapters('[[10, "One"], [60, "Two"]]');
  expect(chapterAt(chapters, 5)).toBeNull();
  expect(chapterAt(chapters, 10)?.title).toBe("One");
  expect(chapterAt(chapters, 59)?.title).toBe("One");
  expect(chapterAt(chapters, 59.98)?.title).toBe("Two");
  expect(chapterAt(chapters, 9999)?.title).toBe("Two");
});

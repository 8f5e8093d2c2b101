import { expect, test } from "vitest";
import { nextOption, optionsFor } from "./suggestions";

test("the last word typed is completed, what stands before it stays", () => {
  const found = { words: ["lake", "lakeside"], videos: [{ title: "A lake", slug: "a-lake" }], corrected: null };
  expect(optionsFor("glacier la", found).map(({ text, href }) => [text, href])).toEqual([
    ["glacier lake", "/search?search=glacier+lake"],
    ["glacier lakeside", "/search?search=glacier+lakeside"],
    ["A lake", "/watch/a-lake"],
  ]);
  expect(optionsFor("glasier", { words: [], videos: [], corrected: "glacier" })).toHaveLength(1);
});

test("arrows go round by way of the field", () => {
  expect([nextOption("ArrowDown", -1, 2), nextOption("ArrowDown", 1, 2), nextOption("ArrowUp", -1, 2), nextOption("ArrowUp", 0, 2)]).toEqual([0, -1, 1, -1]);
  expect([nextOption("ArrowDown", -1, 0), nextOption("a", -1, 2)]).toEqual([null, null]);
});

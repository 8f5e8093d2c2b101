import { expect, test } from "vitest";
import { confirms } from "./confirm";

test("the title must be typed, spaces around it do not matter", () => {
  expect(confirms(" Morning  walk ", "Morning walk")).toBe(true);
  expect(confirms("morning walk", "Morning walk")).toBe(false);
  expect(confirms("", "Morning walk")).toBe(false);
});

test("an accent typed in two parts is the same accent", () => {
  expect(confirms("Cafe\u0301", "Caf\u00e9")).toBe(true);
});

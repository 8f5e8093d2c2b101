import { expect, test } from "vitest";
import { nextRow, toggledIn } from "./rows";

test("J and K stay within the rows", () => {
  expect([nextRow(-1, 1, 3), nextRow(-1, -1, 3), nextRow(2, 1, 3), nextRow(0, -1, 3), nextRow(1, -1, 3)]).toEqual([0, 2, 2, 0, 0]);
  expect(nextRow(-1, 1, 0)).toBe(-1);
});

test("a name comes and goes", () => {
  expect(toggledIn(toggledIn([], "a"), "b")).toEqual(["a", "b"]);
  expect(toggledIn(["a", "b"], "a")).toEqual(["b"]);
});

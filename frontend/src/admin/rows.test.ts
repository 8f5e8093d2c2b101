import { expect, test } from "vitest";
import { nextRow, toggledIn, unchanged } from "./rows";

test("J and K stay within the rows", () => {
  expect([nextRow(-1, 1, 3), nextRow(-1, -1, 3), nextRow(2, 1, 3), nextRow(0, -1, 3), nextRow(1, -1, 3)]).toEqual([0, 2, 2, 0, 0]);
  expect(nextRow(-1, 1, 0)).toBe(-1);
});

test("a name comes and goes", () => {
  expect(toggledIn(toggledIn([], "a"), "b")).toEqual(["a", "b"]);
  expect(toggledIn(["a", "b"], "a")).toEqual(["b"]);
});

test("rows that are the same keep their object, others are taken as loaded", () => {
  const [same, other] = [
    { id: 1, title: "A" },
    { id: 2, title: "B" },
  ];
  const loaded = [
    { id: 2, title: "C" },
    { id: 1, title: "A" },
    { id: 3, title: "D" },
  ];
  const rows = unchanged([same, other], loaded);
  expect(rows).toEqual(loaded);
  expect(rows[1]).toBe(same);
  expect(rows[0]).not.toBe(other);
  expect(unchanged(null, loaded)).toEqual(loaded);
});

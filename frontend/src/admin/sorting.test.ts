import { expect, test } from "vitest";
import { dropTarget, keyTarget, moved, placeWords } from "./sorting";

test("a row moves to its new place and the others close up", () => {
  expect(moved(["a", "b", "c", "d"], 0, 2)).toEqual(["b", "c", "a", "d"]);
  expect(moved(["a", "b", "c", "d"], 3, 0)).toEqual(["d", "a", "b", "c"]);
  expect(moved(["a"], 0, 0)).toEqual(["a"]);
});

test("arrow keys move by one, Home and End to the ends, and never beyond", () => {
  expect(keyTarget("ArrowUp", 2, 5)).toBe(1);
  expect(keyTarget("ArrowUp", 0, 5)).toBe(0);
  expect(keyTarget("ArrowDown", 4, 5)).toBe(4);
  expect(keyTarget("Home", 3, 5)).toBe(0);
  expect(keyTarget("End", 1, 5)).toBe(4);
  expect(keyTarget("Enter", 1, 5)).toBeNull();
});

test("a dragged row belongs where its middle is among the others", () => {
  const middles = [20, 60, 100];
  expect(dropTarget(middles, 0, 20)).toBe(0);
  expect(dropTarget(middles, 0, 61)).toBe(1);
  expect(dropTarget(middles, 0, 500)).toBe(2);
  expect(dropTarget(middles, 2, 10)).toBe(0);
});

test("a move is said with its place", () => {
  expect(placeWords("Walks", 1, 7)).toBe("“Walks” is now number 2 of 7.");
});

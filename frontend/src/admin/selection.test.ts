import { expect, test } from "vitest";
import { allShown, batches, extended, toggled } from "./selection";

test("a row is chosen and let go", () => {
  expect(toggled([1], 2)).toEqual([1, 2]);
  expect(toggled([1, 2], 1)).toEqual([2]);
});

test("a range goes either way and keeps what was chosen", () => {
  const shown = [5, 4, 3, 2, 1];
  expect(extended([5], shown, 4, 2)).toEqual([5, 4, 3, 2]);
  expect(extended([], shown, 2, 4)).toEqual([4, 3, 2]);
  expect(extended([5], shown, null, 2)).toEqual([5, 2]);
  expect(extended([], shown, 99, 2)).toEqual([2]);
});

test("all that is shown", () => {
  expect([allShown([1, 2, 3], [1, 2]), allShown([1], [1, 2]), allShown([], [])]).toEqual([true, false, false]);
});

test("batches", () => {
  expect(batches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(batches([], 2)).toEqual([]);
});

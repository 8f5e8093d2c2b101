import { expect, test } from "vitest";
import { allShown, batches, extended, rowsOf, toggled } from "./selection";

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

test("what undoing goes back to is known of all that is chosen, on whatever page it is, or of nothing", () => {
  const collected = [{ id: 1, title: "A" }, { id: 2, title: "B" }];
  const shown = [{ id: 2, title: "B, as it is now" }, { id: 3, title: "C" }];
  expect(rowsOf([1, 2, 3], collected, shown)).toEqual([collected[0], ...shown]);
  expect(rowsOf([1, 4], collected, shown)).toBeNull();
  expect(rowsOf([], collected, shown)).toEqual([]);
});

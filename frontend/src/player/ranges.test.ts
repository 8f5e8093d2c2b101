import { expect, test } from "vitest";
import { bufferedGradient, rangesOf } from "./ranges";

test("each stretch becomes four stops", () => {
  expect(bufferedGradient([[0, 25], [50, 100]], 100, "red")).toBe(
    "linear-gradient(to right, transparent 0.00%, red 0.00%, red 25.00%, transparent 25.00%, " +
      "transparent 50.00%, red 50.00%, red 100.00%, transparent 100.00%)",
  );
});

test("nothing buffered, or no duration yet, draws nothing", () => {
  expect(bufferedGradient([], 100, "red")).toBe("none");
  expect(bufferedGradient([[0, 5]], Number.NaN, "red")).toBe("none");
});

test("a range that ends past the duration ends at the edge", () => {
  expect(bufferedGradient([[0, 101]], 100, "red")).toContain("red 100.00%");
});

test("TimeRanges are read in order", () => {
  const pairs = [[0, 2], [4, 6]] as const;
  const fake = { length: 2, start: (at: number) => pairs[at]![0], end: (at: number) => pairs[at]![1] };
  expect(rangesOf(fake)).toEqual([[0, 2], [4, 6]]);
});

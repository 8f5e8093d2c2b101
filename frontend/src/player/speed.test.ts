import { expect, test } from "vitest";
import { nextSpeed, speedLabel } from "./speed";

test.each([
  [1, 1, 1.25],
  [1, -1, 0.75],
  [2, 1, 2],
  [0.25, -1, 0.25],
  [1.1, 1, 1.25],
  [1.1, -1, 1],
] as const)("from %d in direction %d comes %d", (current, direction, next) => {
  expect(nextSpeed(current, direction)).toBe(next);
});

test("one is called normal", () => {
  expect([0.5, 1, 1.75].map(speedLabel)).toEqual(["0.5×", "Normal", "1.75×"]);
});

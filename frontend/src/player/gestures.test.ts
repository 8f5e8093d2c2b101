import { expect, test } from "vitest";
import { doubleTap } from "./gestures";

test("outer thirds seek, the middle plays or pauses", () => {
  expect([10, 150, 290].map((x) => doubleTap(x, 300))).toEqual(["back10", "toggle", "forward10"]);
});

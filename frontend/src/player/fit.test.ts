import { expect, test } from "vitest";
import { heightFor } from "./fit";

const wide = [{ width: 640, height: 360 }, { width: 854, height: 480 }, { width: 1280, height: 720 }];

test("the smallest size that the box does not enlarge is enough", () => {
  expect(heightFor({ width: 787, height: 443 }, wide)).toBe(480);
  expect(heightFor({ width: 640, height: 360 }, wide)).toBe(360);
  expect(heightFor({ width: 640, height: 361 }, wide)).toBe(360);
});

test("a box larger than all sizes limits nothing, nor does one that is not shown", () => {
  expect(heightFor({ width: 1957, height: 1101 }, wide)).toBe(Infinity);
  expect(heightFor({ width: 0, height: 0 }, wide)).toBe(Infinity);
  expect(heightFor({ width: 787, height: 443 }, [])).toBe(Infinity);
});

test("a film of another shape touches the box in one direction only", () => {
  const square = [{ width: 480, height: 360 }, { width: 640, height: 480 }];
  expect(heightFor({ width: 787, height: 443 }, square)).toBe(480);
  const scope = [{ width: 854, height: 362 }, { width: 1280, height: 544 }];
  expect(heightFor({ width: 787, height: 443 }, scope)).toBe(362);
  const upright = [{ width: 360, height: 640 }, { width: 480, height: 854 }, { width: 1080, height: 1920 }];
  expect(heightFor({ width: 787, height: 443 }, upright)).toBe(640);
});

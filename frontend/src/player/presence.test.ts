import { expect, test } from "vitest";
import { controlsShown, HIDE_AFTER_MS } from "./presence";

const quiet = { playing: true, menuOpen: false, busy: false, quietMs: HIDE_AFTER_MS };

test("they leave when it plays and nobody moves", () => {
  expect(controlsShown(quiet)).toBe(false);
  expect(controlsShown({ ...quiet, quietMs: HIDE_AFTER_MS - 1 })).toBe(true);
});

test("they stay while paused, focused or open", () => {
  expect(controlsShown({ ...quiet, playing: false })).toBe(true);
  expect(controlsShown({ ...quiet, busy: true })).toBe(true);
  expect(controlsShown({ ...quiet, menuOpen: true })).toBe(true);
});

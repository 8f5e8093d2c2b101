import { expect, test } from "vitest";
import { nextItem } from "./menu-keys";

const labels = ["Auto", "1080p", "720p", "Another"];

test("arrows wrap at both ends", () => {
  expect(nextItem("ArrowDown", 3, labels)).toBe(0);
  expect(nextItem("ArrowUp", 0, labels)).toBe(3);
  expect(nextItem("ArrowDown", -1, labels)).toBe(0);
});

test("Home and End jump", () => {
  expect(nextItem("Home", 2, labels)).toBe(0);
  expect(nextItem("End", 0, labels)).toBe(3);
});

test("a letter finds the next item that starts with it, then goes round", () => {
  expect(nextItem("a", 0, labels)).toBe(3);
  expect(nextItem("A", 3, labels)).toBe(0);
  expect(nextItem("7", 0, labels)).toBe(2);
  expect(nextItem("z", 0, labels)).toBeNull();
});

test("other keys and empty menus lead nowhere", () => {
  expect(nextItem(" ", 0, labels)).toBeNull();
  expect(nextItem("Enter", 0, labels)).toBeNull();
  expect(nextItem("ArrowDown", -1, [])).toBeNull();
});

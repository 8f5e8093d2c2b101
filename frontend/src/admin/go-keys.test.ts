import { expect, test } from "vitest";
import { goAfter } from "./go-keys";

const targets = new Map([["v", "/videos"]]);

test("G and a letter lead to a page", () => {
  expect(goAfter({ key: "g", at: 0 }, { key: "v", at: 900 }, targets)).toBe("/videos");
  expect(goAfter({ key: "G", at: 0 }, { key: "V", at: 900 }, targets)).toBe("/videos");
});

test("other keys, unknown letters and long waits lead nowhere", () => {
  expect(goAfter({ key: "x", at: 0 }, { key: "v", at: 10 }, targets)).toBeNull();
  expect(goAfter({ key: "g", at: 0 }, { key: "q", at: 10 }, targets)).toBeNull();
  expect(goAfter({ key: "g", at: 0 }, { key: "v", at: 1501 }, targets)).toBeNull();
});

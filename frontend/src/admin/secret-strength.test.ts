import { expect, test } from "vitest";
import { MIN_LENGTH, strengthOf } from "./secret-strength";

test("too short is refused and counted down", () => {
  expect(strengthOf("elevenchars")).toEqual({ ok: false, level: 1, hint: "1 more character." });
  expect(strengthOf("").ok).toBe(false);
});

test("long but monotonous is refused", () => {
  expect(strengthOf("aaaaaaaaaaaaaaaa").ok).toBe(false);
  expect(strengthOf("ababababababab").ok).toBe(false);
});

test("longer is better", () => {
  const levels = ["tide clock 12", "tide clock evening", "tide clock evening lecture"].map((secret) => strengthOf(secret).level);
  expect(levels).toEqual([...levels].sort());
  expect(levels.at(-1)).toBe(4);
});

test("characters are counted as people count them", () => {
  expect(strengthOf("😀".repeat(MIN_LENGTH - 1)).hint).toBe("1 more character.");
});

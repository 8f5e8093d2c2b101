import { expect, test } from "vitest";
import { bitRate, bytes, clock, elapsed, percent, remaining, spoken } from "./format";

test.each([
  [0, "0:00"],
  [9.99, "0:09"],
  [65, "1:05"],
  [3723.4, "1:02:03"],
  [-4, "0:00"],
  [Number.NaN, "0:00"],
])("clock(%d) is %s", (seconds, text) => expect(clock(seconds)).toBe(text));

test.each([
  [0, "0 seconds"],
  [1, "1 second"],
  [120, "2 minutes"],
  [3723, "1 hour 2 minutes 3 seconds"],
])("spoken(%d) is %s", (seconds, text) => expect(spoken(seconds)).toBe(text));

test.each([
  [null, null],
  [-1, null],
  [3, "a few seconds left"],
  [41, "about 50 seconds left"],
  [61, "about 1 minute left"],
  [3569, "about 59 minutes left"],
  [3570, "about 1 hour left"],
  [7190, "about 2 hours left"],
  [5400, "about 1 h 30 min left"],
])("remaining(%s) is %s", (seconds, text) => expect(remaining(seconds)).toBe(text));

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [999_600, "1.0 MB"],
  [1_530_000, "1.5 MB"],
  [12_345_678_901, "12.3 GB"],
  [undefined, "–"],
])("bytes(%s) is %s", (size, text) => expect(bytes(size)).toBe(text));

test("a rate has the unit that keeps it short", () => {
  expect(bitRate(96_000)).toBe("96 kb/s");
  expect(bitRate(2_412_000)).toBe("2.4 Mb/s");
});

test("99.9 is not yet 100", () => {
  expect(percent(99.9)).toBe("99 %");
  expect(percent(100)).toBe("100 %");
  expect(percent(-3)).toBe("0 %");
});

test.each([
  [0.42, "0.4 s"],
  [59.6, "60 s"],
  [185, "3 min 05 s"],
  [4800, "1 h 20 min"],
  [null, "–"],
])("elapsed(%s) is %s", (seconds, text) => expect(elapsed(seconds)).toBe(text));

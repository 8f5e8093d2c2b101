import { expect, test } from "vitest";
import { addressAt, formatStartTime, parseStartTime } from "./start-time";

test.each([
  ["90", 90],
  ["90.5", 90.5],
  ["90s", 90],
  ["1h2m3s", 3723],
  ["1H", 3600],
  ["2m", 120],
  ["1:30", 90],
  ["1:02:03", 3723],
  ["", null],
  ["-5", null],
  ["soon", null],
  ["1m2h", null],
  [null, null],
])("t=%s starts at %s", (text, seconds) => expect(parseStartTime(text)).toBe(seconds));

test.each([0, 59, 60, 3600, 3723, 7265])("%d survives the round trip", (seconds) => {
  expect(parseStartTime(formatStartTime(seconds))).toBe(seconds);
});

test("a shared address has one parameter and no fragment", () => {
  expect(addressAt("https://v.example/watch/a?t=3&x=1#y", 75)).toBe("https://v.example/watch/a?t=1m15s");
  expect(addressAt("https://v.example/watch/a?t=3", 0.4)).toBe("https://v.example/watch/a");
  expect(addressAt("https://v.example/watch/a?t=3", null)).toBe("https://v.example/watch/a");
});

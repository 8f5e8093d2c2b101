import { expect, test } from "vitest";
import { nudged, secondsOf, timeText } from "./times";

test("times are read as people write them", () => {
  expect(secondsOf("1:02:03.5")).toBe(3723.5);
  expect(secondsOf(" 2:03 ")).toBe(123);
  expect(secondsOf("45")).toBe(45);
  expect(secondsOf("0:07,25")).toBe(7.25);
  for (const wrong of ["", "1:60", "a", "-1", "1:2:3:4", "1:", ":5"]) expect(secondsOf(wrong)).toBeNull();
});

test("what is written is read again", () => {
  for (const seconds of [0, 7.2, 59.9, 60, 3599.9, 3600, 36_005.5]) expect(secondsOf(timeText(seconds))).toBe(seconds);
  expect(timeText(59.99)).toBe("1:00");
});

test("arrow keys move by seconds and stay within the film", () => {
  expect(nudged(5, { key: "ArrowUp", shiftKey: false }, 60)).toBe(6);
  expect(nudged(5, { key: "ArrowDown", shiftKey: true }, 60)).toBe(0);
  expect(nudged(58, { key: "ArrowUp", shiftKey: true }, 60)).toBe(60);
  expect(nudged(5, { key: "Enter", shiftKey: false }, 60)).toBeNull();
});

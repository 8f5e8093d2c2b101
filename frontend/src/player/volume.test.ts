import { expect, test } from "vitest";
import { parseVolume } from "./volume";

test.each([
  ["0.4", { volume: 0.4, muted: false }],
  ["0.4 muted", { volume: 0.4, muted: true }],
  ["0", { volume: 0, muted: false }],
  ["7", { volume: 1, muted: false }],
  ["loud", { volume: 1, muted: false }],
  ["", { volume: 1, muted: false }],
  [null, { volume: 1, muted: false }],
])("%s is %j", (text, expected) => expect(parseVolume(text)).toEqual(expected));

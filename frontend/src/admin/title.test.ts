import { expect, test } from "vitest";
import { titleFromFileName } from "./title";

test.each([
  ["outdoor_vp9_in_mp4.mp4", "Outdoor vp9 in mp4"],
  ["IMG_20191220-170832.final.MP4", "IMG 20191220 170832 final"],
  ["well-known talk.mkv", "Well-known talk"],
  ["Überfahrt.mov", "Überfahrt"],
  [".mp4", ".mp4"],
  ["no extension at all", "No extension at all"],
])("%s becomes %s", (name, title) => expect(titleFromFileName(name)).toBe(title));

test("a very long name fits the field", () => {
  expect([...titleFromFileName(`${"x".repeat(400)}.mp4`)]).toHaveLength(255);
});

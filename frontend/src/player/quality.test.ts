import { expect, test } from "vitest";
import { choices, joined, label, lines } from "./quality";

const at = (id: string, width: number, height: number, bandwidth = 1_000_000, frameRate: number | null = 25) => ({
  id, width, height, bandwidth, frameRate,
});

test("a portrait picture is named by its short side", () => {
  expect(lines({ width: 1080, height: 1920 })).toBe(1080);
  expect(label(at("a", 1080, 1920))).toBe("1080p");
});

test("fast pictures say so, film and television do not", () => {
  expect(label(at("a", 1280, 720, 1, 59.94))).toBe("720p60");
  expect(label(at("a", 1280, 720, 1, 29.97))).toBe("720p");
  expect(label(at("a", 1280, 720, 1, null))).toBe("720p");
});

test("choices come largest first and same names show their bit rates", () => {
  const found = choices([at("low", 640, 360), at("src", 1920, 1080, 9_000_000), at("enc", 1920, 1080, 4_000_000)]);
  expect(found).toEqual([
    { id: "src", label: "1080p", hint: "9.0 Mb/s" },
    { id: "enc", label: "1080p", hint: "4.0 Mb/s" },
    { id: "low", label: "360p", hint: null },
  ]);
});

test("what joined is what the manifest lacks", () => {
  const loaded = [at("1", 640, 360)];
  expect(joined(loaded, [{ width: 640, height: 360 }, { width: 1280, height: 720 }, { width: 1920, height: 1080 }])).toEqual([
    { width: 1920, height: 1080 },
    { width: 1280, height: 720 },
  ]);
});

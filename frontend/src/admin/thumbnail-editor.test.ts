import { expect, test } from "vitest";
import { sizeWords } from "./thumbnail-editor";

test("sizes are told once each, smallest first", () => {
  expect(sizeWords([640, 320, 640, 1280])).toBe("320, 640 and 1280 pixels wide");
  expect(sizeWords([640])).toBe("640 pixels wide");
  expect(sizeWords([])).toBe("");
});

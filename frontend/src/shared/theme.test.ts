import { expect, test } from "vitest";
import { shadeOf, storedAfterToggle } from "./theme";

test("follows the system until somebody chooses", () => {
  expect(shadeOf(null, true)).toBe("dark");
  expect(shadeOf(null, false)).toBe("light");
  expect(shadeOf("light", true)).toBe("light");
  expect(shadeOf("purple", true)).toBe("dark");
});

test("pressing twice ends with the system in charge again", () => {
  const first = storedAfterToggle("dark", true);
  expect(first).toBe("light");
  expect(storedAfterToggle(shadeOf(first, true), true)).toBeNull();
});

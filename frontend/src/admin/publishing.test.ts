import { expect, test } from "vitest";
import { localText, momentOf, proposed } from "./publishing";

test("a moment of the field is the same moment for the API", () => {
  const moment = new Date(2026, 2, 4, 7, 5);
  expect(localText(moment)).toBe("2026-03-04T07:05");
  expect(momentOf("2026-03-04T07:05")).toBe(moment.toISOString());
  expect(momentOf("")).toBeNull();
  expect(momentOf("soon")).toBeNull();
});

test("tomorrow at nine is proposed, also on the last day of a year", () => {
  expect(proposed(new Date(2026, 11, 31, 23, 59))).toBe("2027-01-01T09:00");
});

import { expect, test } from "vitest";
import { bodyOf, fieldDraft, limitsFrom, optionsOf } from "./field-draft";

const blank = fieldDraft(null);

test("options are lines, each once", () => {
  expect(optionsOf({ options: " A \nB\n\nA" })).toEqual(["A", "B"]);
});

test("only limits that mean something for the type are sent", () => {
  const draft = { ...blank, min: "1", max: "", minLength: "2", maxLength: "9", pattern: "AB-*" };
  expect(limitsFrom({ ...draft, type: "number" })).toEqual({ min: 1, max: null });
  expect(limitsFrom({ ...draft, type: "text" })).toEqual({ min_length: 2, max_length: 9, pattern: "AB-*" });
  expect(limitsFrom({ ...draft, type: "date" })).toEqual({});
});

test("a text field has no options", () => {
  expect(bodyOf({ ...blank, name: "Place", options: "A" })).not.toHaveProperty("options");
  expect(bodyOf({ ...blank, name: "Place", type: "select", options: "A" })).toMatchObject({ name: "Place", options: ["A"] });
});

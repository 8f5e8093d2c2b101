import { expect, test } from "vitest";
import { answerOf, blank } from "./bulk-answers";
import type { FieldDefinition } from "./library-shapes";

const field = (id: number, more: Partial<FieldDefinition>): FieldDefinition =>
  ({ id, name: "Place", slug: "place", field_type: "text", options: [], constraints: {}, required: false, ...more }) as FieldDefinition;

test("one field is answered, and nothing else is said", () => {
  const [place, rating] = [field(1, {}), field(2, { field_type: "number" })];
  const answers = { ...blank([place, rating]), "field-1": " Lake ", "field-2": "4" };
  expect(answerOf(place, answers)).toEqual({ 1: "Lake" });
  expect(answerOf(rating, answers)).toEqual({ 2: 4 });
});

test("an empty answer clears the field", () => {
  const moods = field(3, { field_type: "multi_select", options: ["calm", "wild"] });
  expect(answerOf(moods, blank([moods]))).toEqual({ 3: null });
  expect(answerOf(moods, { ...blank([moods]), "field-3": ["wild"] })).toEqual({ 3: ["wild"] });
});

import { expect, test } from "vitest";
import { changes, draftOf, fieldChanges, isSame, rebase, told, touched } from "./draft";
import type { FieldDefinition } from "./library-shapes";

const sea = { id: 1, name: "Sea", slug: "sea" };
const video = { title: "Boat", slug: "boat", description: "", category_id: 3, tags: [sea], visibility: "public" as const, is_featured: false };
const field = (id: number, field_type: FieldDefinition["field_type"]): FieldDefinition => ({
  id, field_type, name: `Field ${id}`, slug: `field-${id}`, options: [], required: false, category_id: null, position: 0, description: "", is_public: true, is_filterable: true, edit_revision: 0,
  constraints: { min: null, max: null, min_length: null, max_length: null, pattern: null },
});
const fields = [field(7, "number"), field(8, "multi_select")];
const saved = draftOf(video, fields, [{ field_id: 7, value: 12 }]);

test("only differences are sent", () => {
  expect(changes(saved, saved)).toBeNull();
  expect(changes({ ...saved, title: " Boat " }, saved)).toBeNull();
  expect(changes({ ...saved, title: "Shed", featured: true }, saved)).toEqual({ title: "Shed", is_featured: true });
  expect(changes({ ...saved, category: "" }, saved)).toEqual({ category_id: null });
  expect(changes({ ...saved, category: "12", tags: [] }, saved)).toEqual({ category_id: 12, tag_ids: [] });
});

test("custom fields are sent by their types, and cleared with null", () => {
  expect(fieldChanges(saved, saved, fields)).toBeNull();
  expect(fieldChanges({ ...saved, "field-7": "2.5", "field-8": ["a"] }, saved, fields)).toEqual({ 7: 2.5, 8: ["a"] });
  expect(fieldChanges({ ...saved, "field-7": " " }, saved, fields)).toEqual({ 7: null });
  expect(fieldChanges({ ...saved, "field-7": "many" }, saved, fields)).toEqual({ 7: "many" });
});

test("what somebody is typing survives an update from the server", () => {
  const typed = { ...saved, title: "Boat sh" };
  const newer = { ...saved, description: "From the quay" };
  expect(rebase(typed, saved, newer)).toEqual({ draft: { ...newer, title: "Boat sh" }, clashes: [] });
});

test("what two have changed is told; what both made the same is not", () => {
  const typed = { ...saved, title: "Mine", slug: "same", tags: [] };
  const newer = { ...saved, title: "Theirs", slug: "same", featured: true };
  const { draft, clashes } = rebase(typed, saved, newer);
  expect(clashes).toEqual(["title"]);
  expect(draft).toMatchObject({ title: "Mine", slug: "same", tags: [], featured: true });
  expect(touched(draft, newer)).toEqual(["title", "tags"]);
});

test("values read well beside each other", () => {
  expect(told("")).toBe("nothing");
  expect(told([sea])).toBe("Sea");
  expect(told(false)).toBe("no");
  expect(told("3", () => "Walks")).toBe("Walks");
  expect(isSame([sea], [{ ...sea }])).toBe(true);
});

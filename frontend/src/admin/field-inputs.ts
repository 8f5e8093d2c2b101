import { fieldKey, type Draft, type Value } from "./draft";
import type { FieldDefinition } from "./library-shapes";

/** A custom field as an input of the form. */
export interface FieldInput {
  name: string;
  id: string;
  label: string;
  hint: string;
  kind: "line" | "select" | "checks";
  type: "text" | "number" | "date" | "url";
  value: string;
  required: boolean;
  options: { name: string; chosen: boolean }[];
  min: number | null;
  max: number | null;
  minLength: number | null;
  maxLength: number | null;
}

const NAMES: Record<string, string> = {
  title: "Title", slug: "Address", description: "Description", category: "Category", tags: "Tags", visibility: "Visibility", featured: "Featured",
};

/** What a name of the form is called on the page. */
export function labelOf(name: string, definitions: readonly FieldDefinition[]): string {
  return NAMES[name] ?? definitions.find(({ id }) => fieldKey(id) === name)?.name ?? name;
}

/** Fields of all videos, of the category that is chosen now, and those that say something already. */
export function appliesTo(field: FieldDefinition, draft: Draft, saved: Draft): boolean {
  if (field.category_id === null || String(field.category_id) === draft["category"]) return true;
  return [draft, saved].some((one) => String(one[fieldKey(field.id)] ?? "") !== "");
}

/** What may be written, in words. */
export function limitsOf({ field_type, constraints }: Pick<FieldDefinition, "field_type" | "constraints">): string {
  const { min = null, max = null, min_length = null, max_length = null, pattern = null } = constraints;
  const unit = field_type === "multi_select" ? "choices" : "characters";
  const between = (low: number | null, high: number | null, what: string): string => {
    if (low !== null && high !== null) return `${low} to ${high}${what}`;
    if (low !== null) return `at least ${low}${what}`;
    return high !== null ? `at most ${high}${what}` : "";
  };
  const parts = [between(min, max, ""), between(min_length, max_length, ` ${unit}`), pattern === null ? "" : `looks like ${pattern}`];
  const words = parts.filter((part) => part !== "").join(", ");
  return words === "" ? "" : `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

export function inputsOf(definitions: readonly FieldDefinition[], draft: Draft): FieldInput[] {
  return definitions.map((field) => {
    const value: Value = draft[fieldKey(field.id)] ?? "";
    const chosen: readonly unknown[] = Array.isArray(value) ? value : [value];
    const { min = null, max = null, min_length = null, max_length = null } = field.constraints;
    const isText = field.field_type === "text" || field.field_type === "url";
    return {
      name: fieldKey(field.id),
      id: `custom-${field.id}`,
      label: field.name,
      hint: [field.description, limitsOf(field)].filter((part) => part !== "").join(" "),
      kind: field.field_type === "select" ? "select" : field.field_type === "multi_select" ? "checks" : "line",
      type: field.field_type === "number" || field.field_type === "date" || field.field_type === "url" ? field.field_type : "text",
      value: Array.isArray(value) ? "" : String(value),
      required: field.required,
      options: field.options.map((name) => ({ name, chosen: chosen.includes(name) })),
      min,
      max,
      minLength: isText ? min_length : null,
      maxLength: isText ? max_length : null,
    };
  });
}

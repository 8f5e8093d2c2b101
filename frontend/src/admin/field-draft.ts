import type { Limits, Operations } from "./api-types";
import type { FieldDefinition, FieldType } from "./library-shapes";

export const TYPES: Record<FieldType, string> = {
  text: "Text", number: "Number", date: "Date", select: "One of several", multi_select: "Some of several", url: "Web address",
};

/** What the editor holds; inputs speak strings. `options`: one a line. */
export interface FieldDraft {
  id: number;
  name: string;
  type: FieldType;
  category: string;
  description: string;
  required: boolean;
  options: string;
  min: string;
  max: string;
  minLength: string;
  maxLength: string;
  pattern: string;
}

function text(value: number | string | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

export function fieldDraft(field: FieldDefinition | null): FieldDraft {
  const limits = field?.constraints ?? {};
  return {
    id: field?.id ?? 0,
    name: field?.name ?? "",
    type: field?.field_type ?? "text",
    category: text(field?.category_id),
    description: field?.description ?? "",
    required: field?.required ?? false,
    options: (field?.options ?? []).join("\n"),
    min: text(limits.min),
    max: text(limits.max),
    minLength: text(limits.min_length),
    maxLength: text(limits.max_length),
    pattern: text(limits.pattern),
  };
}

export function optionsOf({ options }: Pick<FieldDraft, "options">): string[] {
  return [...new Set(options.split("\n").map((line) => line.trim()).filter((line) => line !== ""))];
}

/** The limits that mean something for the type. */
export function limitsFrom(draft: FieldDraft): Limits {
  const number = (value: string): number | null => (value.trim() === "" ? null : Number(value));
  if (draft.type === "number") return { min: number(draft.min), max: number(draft.max) };
  if (draft.type === "text") return { min_length: number(draft.minLength), max_length: number(draft.maxLength), pattern: draft.pattern || null };
  if (draft.type === "multi_select") return { min_length: number(draft.minLength), max_length: number(draft.maxLength) };
  return draft.type === "url" ? { max_length: number(draft.maxLength) } : {};
}

type Edit = Operations["PUT /api/custom-fields/{field_id}"]["body"];

export function bodyOf(draft: FieldDraft): Edit & { name: string } {
  const { name, description, required } = draft;
  const hasOptions = draft.type === "select" || draft.type === "multi_select";
  return { name, description, required, constraints: limitsFrom(draft), ...(hasOptions ? { options: optionsOf(draft) } : {}) };
}

import type { Limits, Operations } from "./api-types";
import type { FieldDefinition, FieldType } from "./library-shapes";

export const TYPES: Record<FieldType, string> = {
  text: "Text", number: "Number", date: "Date", select: "One of several", multi_select: "Some of several", url: "Web address",
};

/** What its inputs are called where somebody else has changed them. */
export const LABELS: Readonly<Record<string, string>> = {
  name: "Name", description: "Hint", required: "Required", visible: "Shown to visitors", filterable: "Visitors can filter by it", options: "Choices",
  min: "At least", max: "At most", minLength: "Fewest", maxLength: "Most", pattern: "Looks like",
};

/** What the editor holds; inputs speak strings. `options`: one a line. */
export interface FieldDraft {
  id: number;
  name: string;
  type: FieldType;
  category: string;
  description: string;
  required: boolean;
  visible: boolean;
  filterable: boolean;
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
    visible: field?.is_public ?? true,
    filterable: field?.is_filterable ?? true,
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

type Body = Required<Pick<Operations["POST /api/custom-fields"]["body"], "name" | "description" | "required" | "constraints" | "is_public" | "is_filterable">> & { options?: string[] };

export function bodyOf(draft: FieldDraft): Body {
  const { name, description, required, visible, filterable } = draft;
  const hasOptions = draft.type === "select" || draft.type === "multi_select";
  return { name, description, required, is_public: visible, is_filterable: filterable, constraints: limitsFrom(draft), ...(hasOptions ? { options: optionsOf(draft) } : {}) };
}

import { need } from "../shared/dom";
import type { BulkResult, Retranscoding } from "./api-types";
import { bulk } from "./bulk";
import { call, wordsOf } from "./client";
import { draftOf, fieldChanges, fieldKey, type Draft, type Value } from "./draft";
import { inputsOf, type FieldInput } from "./field-inputs";
import type { FieldDefinition } from "./library-shapes";
import { toast } from "./toast";

/** The usual picture sizes; those that a source does not give are left out for it. */
export const QUALITIES = ["2160p", "1440p", "1080p", "720p", "480p", "360p"] as const;

/** What the selection lends to this part of it. */
interface Host {
  chosen: number[];
  wanted: string[];
  priority: NonNullable<Retranscoding["priority"]>;
  definitions: FieldDefinition[];
  field: string;
  answers: Draft;
  said(results: BulkResult[], outcome: string): void;
  run(work: () => Promise<void>): Promise<void>;
  asked(): FieldDefinition | null;
}

/** A draft in which nobody has said anything. */
export function blank(definitions: readonly FieldDefinition[]): Draft {
  const nothing = { title: "", slug: "", description: "", category_id: null, tags: [], visibility: "public" as const, is_featured: false };
  return draftOf(nothing, definitions);
}

/** What the videos are told for one field: an empty answer clears it. */
export function answerOf(field: FieldDefinition, answers: Draft): Record<string, unknown> {
  return fieldChanges(answers, blank([field]), [field]) ?? { [field.id]: null };
}

/** Part of the list: selected videos encoded again, and one custom field answered for all of them. */
export function bulkAnswers() {
  const dialog = (name: string): HTMLDialogElement => need<HTMLDialogElement>(document, `[data-${name}]`);

  return {
    qualities: QUALITIES,
    wanted: [] as string[],
    priority: "low" as NonNullable<Retranscoding["priority"]>,
    definitions: [] as FieldDefinition[],
    field: "",
    answers: {} as Draft,

    openBulkEncode(this: Host): void {
      this.wanted = [];
      this.priority = "low";
      dialog("bulk-encode").showModal();
    },
    wantAll(this: Host): void {
      this.wanted = [];
    },
    want(this: Host, quality: string): void {
      this.wanted = this.wanted.includes(quality) ? this.wanted.filter((one) => one !== quality) : [...this.wanted, quality];
    },
    async bulkEncode(this: Host): Promise<void> {
      dialog("bulk-encode").close();
      const ids = [...this.chosen];
      const body = { qualities: this.wanted.length === 0 ? ["all"] : [...this.wanted], priority: this.priority };
      await this.run(async () => this.said(await bulk("retranscode", ids, body), "to be encoded again"));
    },

    async openBulkFields(this: Host): Promise<void> {
      try {
        this.definitions = (await call("GET /api/custom-fields")).fields;
      } catch (error) {
        return toast(wordsOf(error), "error");
      }
      this.field = "";
      this.answers = blank(this.definitions);
      dialog("bulk-fields").showModal();
    },
    asked(this: Host): FieldDefinition | null {
      return this.definitions.find(({ id }) => String(id) === this.field) ?? null;
    },
    /** The input of the field that was chosen; a list, because its kind decides what is drawn anew. */
    fieldInputs(this: Host): FieldInput[] {
      const field = this.asked();
      return field === null ? [] : inputsOf([field], this.answers);
    },
    set(this: Host, name: string, event: Event): void {
      this.answers = { ...this.answers, [name]: (event.target as HTMLInputElement).value };
    },
    toggle(this: Host, name: string, option: string): void {
      const chosen = (this.answers[name] ?? []) as readonly string[];
      const field = this.definitions.find(({ id }) => fieldKey(id) === name);
      const wanted = chosen.includes(option) ? chosen.filter((one) => one !== option) : [...chosen, option];
      const answer: Value = field?.options.filter((one) => wanted.includes(one)) ?? wanted;
      this.answers = { ...this.answers, [name]: answer };
    },
    async bulkFields(this: Host): Promise<void> {
      const field = this.asked();
      if (field === null) return;
      const values = answerOf(field, this.answers);
      dialog("bulk-fields").close();
      const ids = [...this.chosen];
      await this.run(async () => this.said(await bulk("custom-fields", ids, { values }), "changed"));
    },
  };
}

import Alpine from "@alpinejs/csp";
import { need } from "../shared/dom";
import { call, peek, wordsOf } from "./client";
import { ask } from "./confirm";
import { counted } from "./counted";
import { bodyOf, fieldDraft, LABELS, TYPES, type FieldDraft } from "./field-draft";
import { limitsOf } from "./field-inputs";
import type { FieldDefinition } from "./library-shapes";
import { followLibrary } from "./live";
import { caughtUp, saveTogether } from "./open-draft";
import { merged } from "./rows";
import { isHeld, keyTarget, moved, placeWords, refocus, wireDragging } from "./sorting";
import { toast } from "./toast";

const SAVE_MS = 300;

/** Alpine component: all custom fields, their order, and a dialog to edit one. */
export function fieldsPage() {
  const list = need(document, "[data-sorted]");
  const dialog = need<HTMLDialogElement>(document, "[data-editor]");
  let timer = 0;

  return {
    all: null as FieldDefinition[] | null,
    draft: fieldDraft(null) as FieldDraft,
    saved: fieldDraft(null) as FieldDraft,
    revision: 0,
    error: "",
    refusal: "",
    saving: false,
    said: "",

    init(): void {
      void this.load();
      wireDragging(list, (from, to) => this.move(from, to));
      followLibrary(["field", "category"], () => void this.look());
    },
    /** What others do is followed, but never under somebody's hands. */
    async look(): Promise<void> {
      const isSorting = (): boolean => isHeld(list) || timer !== 0;
      if (isSorting()) return;
      const found = await peek("GET /api/custom-fields").catch(() => null);
      if (found !== null && !isSorting()) this.take(found.fields);
    },
    async load(): Promise<void> {
      try {
        this.take((await call("GET /api/custom-fields")).fields);
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    take(found: FieldDefinition[]): void {
      this.all = merged(this.all, found);
      const one = found.find(({ id }) => id === this.draft.id);
      if (!dialog.open || one === undefined || one.edit_revision === this.revision) return;
      const { words, ...open } = caughtUp(this, fieldDraft(one), one.edit_revision, LABELS);
      Object.assign(this, open);
      if (words !== "") this.refusal = words;
    },
    get rows(): FieldDefinition[] {
      return this.all ?? [];
    },
    get state(): "loading" | "error" | "empty" | "shown" {
      if (this.all === null) return this.error === "" ? "loading" : "error";
      return this.all.length === 0 ? "empty" : "shown";
    },
    get isNew(): boolean {
      return this.draft.id === 0;
    },
    get hasOptions(): boolean {
      return this.draft.type === "select" || this.draft.type === "multi_select";
    },
    get hasLengths(): boolean {
      return this.draft.type === "text" || this.draft.type === "multi_select";
    },
    meta(one: FieldDefinition): string {
      const category = Alpine.store("categories").all.find(({ id }) => id === one.category_id);
      const parts = [TYPES[one.field_type], one.category_id === null ? "all videos" : `only ${category?.name ?? "one category"}`];
      if (one.required) parts.push("required");
      if (!one.is_public) parts.push("not for visitors");
      else if (!one.is_filterable) parts.push("no filter");
      if (one.options.length > 0) parts.push(one.options.join(", "));
      return [...parts, limitsOf(one)].filter((part) => part !== "").join(" · ");
    },

    move(from: number, to: number, control = "[data-grip]"): void {
      const one = this.rows[from];
      if (one === undefined || from === to || to < 0 || to >= this.rows.length) return;
      this.all = moved(this.rows, from, to);
      this.said = placeWords(one.name, to, this.rows.length);
      refocus(list, one.id, control);
      clearTimeout(timer);
      timer = window.setTimeout(() => void this.saveOrder(), SAVE_MS);
    },
    key(event: KeyboardEvent, at: number): void {
      const to = keyTarget(event.key, at, this.rows.length);
      if (to === null) return;
      event.preventDefault();
      this.move(at, to);
    },
    async saveOrder(): Promise<void> {
      const own = timer;
      try {
        for (const [position, { id, position: before }] of this.rows.entries()) {
          if (position !== before) await call("PUT /api/custom-fields/{field_id}", { path: { field_id: id }, body: { position } });
        }
      } catch (error) {
        toast(wordsOf(error), "error");
      } finally {
        if (timer === own) timer = 0;
      }
      await this.load();
    },

    edit(field: FieldDefinition | null): void {
      this.draft = fieldDraft(field);
      this.saved = fieldDraft(field);
      this.revision = field?.edit_revision ?? 0;
      this.refusal = "";
      dialog.showModal();
    },
    async save(): Promise<void> {
      if (this.saving) return;
      this.saving = true;
      this.refusal = "";
      const { id, name } = this.draft;
      try {
        if (!(await saveTogether(() => this.put(), () => this.catchUp()))) return;
        dialog.close();
        toast(id === 0 ? `“${name.trim()}” is added.` : "Saved.");
        await this.load();
      } catch (error) {
        this.refusal = wordsOf(error);
      } finally {
        this.saving = false;
      }
    },
    put(): Promise<unknown> {
      const { id, type, category } = this.draft;
      const body = bodyOf(this.draft);
      if (id !== 0) return call("PUT /api/custom-fields/{field_id}", { path: { field_id: id }, body: { ...body, edit_revision: this.revision } });
      const place = { field_type: type, category_id: category === "" ? null : Number(category), position: this.rows.length };
      return call("POST /api/custom-fields", { body: { ...body, ...place } });
    },
    async catchUp(): Promise<boolean> {
      await this.load();
      return this.refusal === "";
    },
    async remove(one: FieldDefinition): Promise<void> {
      const path = { field_id: one.id };
      try {
        const { videos, is_more } = await call("GET /api/custom-fields/{field_id}/usage", { path });
        const text = videos === 0 ? `No video says anything to “${one.name}”.` : `${is_more ? "More than " : ""}${videos === 1 ? "One video says" : `${counted(videos, "video")} say`} something to “${one.name}”. That is removed, too, and nothing can bring it back.`;
        if (!(await ask({ title: "Delete this field?", text, action: "Delete field", danger: true }))) return;
        await call("DELETE /api/custom-fields/{field_id}", { path });
        toast(`“${one.name}” is deleted.`);
      } catch (error) {
        toast(wordsOf(error), "error");
      }
      await this.load();
    },
  };
}

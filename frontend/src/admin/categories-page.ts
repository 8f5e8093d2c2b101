import { need } from "../shared/dom";
import { call, wordsOf } from "./client";
import { ask } from "./confirm";
import { counted } from "./counted";
import type { Category } from "./library-shapes";
import { keyTarget, moved, placeWords, refocus, wireDragging } from "./sorting";
import { toast } from "./toast";

const SAVE_MS = 300;
const BLANK = { id: 0, name: "", slug: "", description: "" };

/** What deleting a category does to its videos. */
export function deletionWords({ name, video_count }: Pick<Category, "name" | "video_count">): string {
  if (video_count === 0) return `No video is in “${name}”.`;
  return video_count === 1
    ? `One video is in “${name}”. It stays, without a category.`
    : `${video_count.toLocaleString("en-GB")} videos are in “${name}”. They stay, without a category.`;
}

/** Alpine component: all categories, their order, and a dialog to edit one. */
export function categoriesPage() {
  const list = need(document, "[data-sorted]");
  const dialog = need<HTMLDialogElement>(document, "[data-editor]");
  let timer = 0;

  return {
    all: null as Category[] | null,
    draft: { ...BLANK },
    error: "",
    refusal: "",
    saving: false,
    said: "",

    init(): void {
      void this.load();
      wireDragging(list, (from, to) => this.move(from, to));
    },
    async load(): Promise<void> {
      try {
        this.all = await call("GET /api/categories");
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    get rows(): Category[] {
      return this.all ?? [];
    },
    get state(): "loading" | "error" | "empty" | "shown" {
      if (this.all === null) return this.error === "" ? "loading" : "error";
      return this.all.length === 0 ? "empty" : "shown";
    },
    get isNew(): boolean {
      return this.draft.id === 0;
    },
    videos: ({ video_count }: Category) => counted(video_count, "video"),
    listHref: ({ slug }: Category) => `/videos?category=${encodeURIComponent(slug)}`,

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
      try {
        await call("POST /api/categories/reorder", { body: { category_ids: this.rows.map(({ id }) => id) } });
      } catch (error) {
        toast(wordsOf(error), "error");
        await this.load();
      }
    },

    edit(category: Category | null): void {
      this.draft = { ...BLANK, ...(category ?? {}) };
      this.refusal = "";
      dialog.showModal();
    },
    async save(): Promise<void> {
      if (this.saving) return;
      this.saving = true;
      const { id, name, slug, description } = this.draft;
      try {
        if (id === 0) await call("POST /api/categories", { body: { name, description } });
        else await call("PUT /api/categories/{category_id}", { path: { category_id: id }, body: { name, slug, description } });
        dialog.close();
        toast(id === 0 ? `“${name.trim()}” is added.` : "Saved.");
        await this.load();
      } catch (error) {
        this.refusal = wordsOf(error);
      } finally {
        this.saving = false;
      }
    },
    async remove(category: Category): Promise<void> {
      const sure = await ask({ title: "Delete this category?", text: deletionWords(category), action: "Delete category", danger: true });
      if (!sure) return;
      try {
        await call("DELETE /api/categories/{category_id}", { path: { category_id: category.id } });
        toast(`“${category.name}” is deleted.`);
      } catch (error) {
        toast(wordsOf(error), "error");
      }
      await this.load();
    },
  };
}

import { need } from "../shared/dom";
import { call, peek, wordsOf } from "./client";
import { ask } from "./confirm";
import { counted } from "./counted";
import type { Category } from "./library-shapes";
import { followLibrary } from "./live";
import { caughtUp, saveTogether } from "./open-draft";
import { merged } from "./rows";
import { isHeld, keyTarget, moved, placeWords, refocus, wireDragging } from "./sorting";
import { toast } from "./toast";

const SAVE_MS = 300;
const VIDEOS_MS = 2000;
const LABELS = { name: "Name", slug: "Address", description: "Description" };

function draftOf(category: Category | null) {
  return { id: category?.id ?? 0, name: category?.name ?? "", slug: category?.slug ?? "", description: category?.description ?? "" };
}

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
    draft: draftOf(null),
    saved: draftOf(null),
    revision: 0,
    error: "",
    refusal: "",
    saving: false,
    said: "",

    init(): void {
      void this.load();
      wireDragging(list, (from, to) => this.move(from, to));
      followLibrary(["category"], () => void this.look(), VIDEOS_MS);
    },
    /** What others do is followed, but never under somebody's hands. */
    async look(): Promise<void> {
      if (isHeld(list) || timer !== 0) return;
      const found = await peek("GET /api/categories").catch(() => null);
      if (found !== null && !isHeld(list) && timer === 0) this.take(found);
    },
    async load(): Promise<void> {
      try {
        this.take(await call("GET /api/categories"));
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    take(found: Category[]): void {
      this.all = merged(this.all, found);
      const one = found.find(({ id }) => id === this.draft.id);
      if (!dialog.open || one === undefined || one.edit_revision === this.revision) return;
      const { words, ...open } = caughtUp(this, draftOf(one), one.edit_revision, LABELS);
      Object.assign(this, open);
      if (words !== "") this.refusal = words;
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
      const own = timer;
      try {
        await call("POST /api/categories/reorder", { body: { category_ids: this.rows.map(({ id }) => id) } });
      } catch (error) {
        toast(wordsOf(error), "error");
        await this.load();
      } finally {
        if (timer === own) timer = 0;
      }
    },

    edit(category: Category | null): void {
      this.draft = draftOf(category);
      this.saved = draftOf(category);
      this.revision = category?.edit_revision ?? 0;
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
      const { id, name, slug, description } = this.draft;
      if (id === 0) return call("POST /api/categories", { body: { name, description } });
      return call("PUT /api/categories/{category_id}", { path: { category_id: id }, body: { name, slug, description, edit_revision: this.revision } });
    },
    async catchUp(): Promise<boolean> {
      await this.load();
      return this.refusal === "";
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

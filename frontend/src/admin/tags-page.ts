import { need } from "../shared/dom";
import { call, peek, wordsOf } from "./client";
import { combobox } from "./combobox";
import { ask } from "./confirm";
import { counted } from "./counted";
import type { Tag } from "./library-shapes";
import { followLibrary } from "./live";
import { caughtUp, saveTogether } from "./open-draft";
import { asManyAs, merged } from "./rows";
import { toast } from "./toast";

const PAGE_SIZE = 100;
const TYPING_MS = 200;
const VIDEOS_MS = 2000;

/** What merging does, said before it is done. */
export function mergeWords(from: Pick<Tag, "name" | "video_count">, into: Pick<Tag, "name">): string {
  if (from.video_count === 0) return `No video has “${from.name}”. The tag is removed; “${into.name}” stays as it is.`;
  const videos = from.video_count === 1 ? "One video gets" : `${counted(from.video_count, "video")} get`;
  return `${videos} “${into.name}” instead of “${from.name}”, and “${from.name}” is removed.`;
}

export function removalWords({ name, video_count }: Pick<Tag, "name" | "video_count">): string {
  if (video_count === 0) return `No video has “${name}”.`;
  return `“${name}” is taken off ${counted(video_count, "video")}; the videos themselves stay.`;
}

/** Alpine component: tags by name, page by page, with renaming, merging and removing. */
export function tagsPage() {
  const editor = need<HTMLDialogElement>(document, "[data-editor]");
  const merger = need<HTMLDialogElement>(document, "[data-merger]");
  let timer = 0;
  let asked = 0;

  return {
    all: null as Tag[] | null,
    next: null as number | null,
    search: "",
    error: "",
    refusal: "",
    busy: false,
    draft: { id: 0, name: "" },
    saved: { id: 0, name: "" },
    revision: 0,
    merged: null as Tag | null,
    into: null as Tag | null,
    picker: combobox<Tag>({
      find: async (text) => (await call("GET /api/tags", { query: { search: text.trim(), limit: 8 } })).tags,
      label: ({ name, video_count }) => `${name} · ${counted(video_count, "video")}`,
    }),

    init(): void {
      void this.load();
      this.picker.onChoice = (tag) => {
        this.into = tag;
        this.picker.text = tag.name;
      };
      followLibrary(["tag"], () => void this.look(), VIDEOS_MS);
    },
    /** What others do is followed, as far as the list was shown. */
    async look(): Promise<void> {
      if (this.busy) return;
      const turn = ++asked;
      const search = this.search.trim();
      const ask = async (after: number | null): Promise<[Tag[], number | null]> => {
        const page = await peek("GET /api/tags", { query: { search, after, limit: PAGE_SIZE } });
        return [page.tags, page.next_after];
      };
      const found = await asManyAs(this.rows.length, ask).catch(() => null);
      if (found === null || turn !== asked) return;
      this.all = merged(this.all, found[0]);
      this.next = found[1];
      this.error = "";
      await this.catchUp(true);
    },
    /** Somebody may have changed what the dialog edits; whether there is nothing to look at. */
    async catchUp(quietly = false): Promise<boolean> {
      const { id } = this.draft;
      if (!editor.open || id === 0) return true;
      const one = await peek("GET /api/tags/{tag_id}", { path: { tag_id: id } }).catch((error: unknown) => {
        if (!quietly) throw error;
        return null;
      });
      if (one === null || one.id !== this.draft.id || one.edit_revision === this.revision) return this.refusal === "";
      const { words, ...open } = caughtUp(this, { id, name: one.name }, one.edit_revision, { name: "Name" });
      Object.assign(this, open);
      if (words !== "") this.refusal = words;
      return this.refusal === "";
    },
    type(): void {
      clearTimeout(timer);
      timer = window.setTimeout(() => void this.load(), TYPING_MS);
    },
    async load(more = false): Promise<void> {
      const turn = ++asked;
      this.busy = true;
      try {
        const page = await call("GET /api/tags", { query: { search: this.search.trim(), after: more ? this.next : null, limit: PAGE_SIZE } });
        if (turn !== asked) return;
        this.all = more ? [...(this.all ?? []), ...page.tags] : page.tags;
        this.next = page.next_after;
        this.error = "";
      } catch (error) {
        if (turn !== asked) return;
        if (this.all === null) this.error = wordsOf(error);
        else toast(wordsOf(error), "error");
      } finally {
        if (turn === asked) this.busy = false;
      }
    },
    get rows(): Tag[] {
      return this.all ?? [];
    },
    get state(): "loading" | "error" | "empty" | "none" | "shown" {
      if (this.all === null) return this.error === "" ? "loading" : "error";
      if (this.all.length > 0) return "shown";
      return this.search.trim() === "" ? "empty" : "none";
    },
    get mergeText(): string {
      if (this.merged === null) return "";
      return this.into === null ? `Its videos get another tag instead of “${this.merged.name}”.` : mergeWords(this.merged, this.into);
    },
    get canMerge(): boolean {
      return this.merged !== null && this.into !== null && this.into.id !== this.merged.id && !this.busy;
    },
    videos: ({ video_count }: Tag) => counted(video_count, "video"),
    listHref: ({ slug }: Tag) => `/videos?tag=${encodeURIComponent(slug)}`,

    edit(tag: Tag | null): void {
      this.draft = tag === null ? { id: 0, name: this.state === "none" ? this.search.trim() : "" } : { id: tag.id, name: tag.name };
      this.saved = { ...this.draft };
      this.revision = tag?.edit_revision ?? 0;
      this.refusal = "";
      editor.showModal();
    },
    async run(deed: () => Promise<unknown>, done: string, dialog: HTMLDialogElement): Promise<void> {
      if (this.busy) return;
      this.busy = true;
      this.refusal = "";
      try {
        if (!(await saveTogether(deed, () => this.catchUp()))) return;
        dialog.close();
        toast(done);
        this.busy = false;
        await this.load();
      } catch (error) {
        this.refusal = wordsOf(error);
      } finally {
        this.busy = false;
      }
    },
    save(): Promise<void> {
      const { id, name } = this.draft;
      const put = (): Promise<unknown> => call("PUT /api/tags/{tag_id}", { path: { tag_id: id }, body: { name, edit_revision: this.revision } });
      const deed = (): Promise<unknown> => (id === 0 ? call("POST /api/tags", { body: { name } }) : put());
      return this.run(deed, id === 0 ? `“${name.trim()}” is added.` : "Saved.", editor);
    },
    startMerge(tag: Tag): void {
      this.merged = tag;
      this.into = null;
      this.refusal = "";
      this.picker.reset();
      merger.showModal();
    },
    typeTarget(): void {
      this.into = null;
      this.picker.typed();
    },
    merge(): Promise<void> {
      const [from, into] = [this.merged, this.into];
      if (from === null || into === null) return Promise.resolve();
      return this.run(() => call("POST /api/tags/{tag_id}/merge", { path: { tag_id: from.id }, body: { into: into.id } }), `“${from.name}” is now “${into.name}”.`, merger);
    },
    async remove(tag: Tag): Promise<void> {
      if (!(await ask({ title: "Delete this tag?", text: removalWords(tag), action: "Delete tag", danger: true }))) return;
      try {
        await call("DELETE /api/tags/{tag_id}", { path: { tag_id: tag.id } });
        toast(`“${tag.name}” is deleted.`);
      } catch (error) {
        toast(wordsOf(error), "error");
      }
      await this.load();
    },
  };
}

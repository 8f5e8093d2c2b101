import { need } from "../shared/dom";
import { call, peek, wordsOf } from "./client";
import { ask } from "./confirm";
import { counted } from "./counted";
import type { Playlist } from "./library-shapes";
import { followLibrary } from "./live";
import { asManyAs, merged } from "./rows";
import { toast } from "./toast";

const VIDEOS_MS = 2000;

type PlaylistType = Playlist["playlist_type"];

export const TYPES: Record<PlaylistType, string> = { playlist: "Playlist", collection: "Collection", series: "Series", course: "Course" };
const HINTS: Record<PlaylistType, string> = {
  playlist: "Plays on, one video after the other.",
  collection: "Stands side by side; nothing plays by itself.",
  series: "Numbered, and plays on: for parts that follow each other.",
  course: "Numbered, and remembers what a visitor has seen.",
};

/** "Series · 12 videos · unlisted" */
export function playlistMeta({ playlist_type, video_count, visibility, is_featured }: Playlist): string {
  const parts = [TYPES[playlist_type], counted(video_count, "video")];
  if (visibility !== "public") parts.push(visibility);
  if (is_featured) parts.push("featured");
  return parts.join(" · ");
}

/** Alpine component: all playlists, newest first. */
export function playlistsPage() {
  const editor = need<HTMLDialogElement>(document, "[data-editor]");
  let asked = 0;

  return {
    all: null as Playlist[] | null,
    next: null as string | null,
    error: "",
    refusal: "",
    busy: false,
    draft: { title: "", type: "playlist" as PlaylistType },

    init(): void {
      void this.load();
      followLibrary(["playlist"], () => void this.look(), VIDEOS_MS);
    },
    /** What others do is followed, as far as the list was shown. */
    async look(): Promise<void> {
      if (this.busy) return;
      const turn = ++asked;
      const ask = async (cursor: string | null): Promise<[Playlist[], string | null]> => {
        const page = await peek("GET /api/playlists", { query: { cursor } });
        return [page.playlists, page.next_cursor];
      };
      const found = await asManyAs(this.rows.length, ask).catch(() => null);
      if (found === null || turn !== asked) return;
      this.all = merged(this.all, found[0]);
      this.next = found[1];
    },
    async load(more = false): Promise<void> {
      asked += 1;
      try {
        const page = await call("GET /api/playlists", { query: { cursor: more ? this.next : null } });
        this.all = more ? [...this.rows, ...page.playlists] : page.playlists;
        this.next = page.next_cursor;
        this.error = "";
      } catch (error) {
        if (this.all === null) this.error = wordsOf(error);
        else toast(wordsOf(error), "error");
      }
    },
    get rows(): Playlist[] {
      return this.all ?? [];
    },
    get state(): "loading" | "error" | "empty" | "shown" {
      if (this.all === null) return this.error === "" ? "loading" : "error";
      return this.all.length === 0 ? "empty" : "shown";
    },
    get hint(): string {
      return HINTS[this.draft.type];
    },
    href: ({ id }: Playlist) => `/playlist/${id}`,
    meta: playlistMeta,

    start(): void {
      this.draft = { title: "", type: "playlist" };
      this.refusal = "";
      editor.showModal();
    },
    async create(): Promise<void> {
      if (this.busy) return;
      this.busy = true;
      try {
        const { title, type } = this.draft;
        const made = await call("POST /api/playlists", { body: { title, playlist_type: type } });
        location.assign(this.href(made));
      } catch (error) {
        this.refusal = wordsOf(error);
      } finally {
        this.busy = false;
      }
    },
    async remove(one: Playlist): Promise<void> {
      const text = `“${one.title}” is removed. Its ${counted(one.video_count, "video")} stay.`;
      if (!(await ask({ title: "Delete this playlist?", text, action: "Delete playlist", danger: true }))) return;
      const path = { playlist_id: one.id };
      const restore = async (): Promise<void> => {
        await call("POST /api/playlists/{playlist_id}/restore", { path }).catch((error: unknown) => toast(wordsOf(error), "error"));
        await this.load();
      };
      try {
        await call("DELETE /api/playlists/{playlist_id}", { path });
        toast(`“${one.title}” is deleted.`, "done", { label: "Undo", run: restore });
      } catch (error) {
        toast(wordsOf(error), "error");
      }
      await this.load();
    },
  };
}

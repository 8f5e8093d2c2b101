import { need } from "../shared/dom";
import { clock } from "../shared/format";
import { call, peek, wordsOf } from "./client";
import { combobox } from "./combobox";
import type { PlaylistVideo } from "./library-shapes";
import { followLibrary } from "./live";
import { detailPage } from "./pages";
import type { ListedVideo } from "./shapes";
import { asManyAs, merged } from "./rows";
import { isHeld, keyTarget, moved, placeWords, refocus, wireDragging } from "./sorting";
import { toast } from "./toast";

const VIDEOS_MS = 2000;

/** Alpine component: the videos of one playlist in their order. Each change is saved as it is made. */
export function playlistItems() {
  const path = { playlist_id: Number(need(document, "[data-playlist-id]").dataset["playlistId"]) };
  const list = need(document, "[data-sorted]");
  let last: Promise<unknown> = Promise.resolve();

  return {
    all: null as PlaylistVideo[] | null,
    next: null as number | null,
    error: "",
    said: "",
    picker: combobox<ListedVideo>({
      find: async (search) => (await call("GET /api/videos", { query: { search: search.trim(), limit: 8, include_total: false } })).videos,
      label: ({ title }) => title,
    }),

    init(): void {
      this.picker.onChoice = (video) => void this.add(video);
      wireDragging(list, (from, to) => void this.move(from, to));
      void this.load();
      followLibrary(["playlist"], () => void this.look(), VIDEOS_MS);
    },
    /** What others do is followed, after what was done here, and never under somebody's hands. */
    async look(): Promise<void> {
      const before = last;
      await before;
      const ask = async (after: number | null): Promise<[PlaylistVideo[], number | null]> => {
        const page = await peek("GET /api/playlists/{playlist_id}/videos", { path, query: { after: after ?? 0 } });
        return [page.videos, page.next_position];
      };
      const found = await asManyAs(this.rows.length, ask).catch(() => null);
      if (found === null || last !== before || isHeld(list)) return;
      this.all = merged(this.all, found[0]);
      this.next = found[1];
    },
    async load(more = false): Promise<void> {
      try {
        const page = await call("GET /api/playlists/{playlist_id}/videos", { path, query: { after: more ? (this.next ?? 0) : 0 } });
        this.all = more ? [...this.rows, ...page.videos] : page.videos;
        this.next = page.next_position;
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    get rows(): PlaylistVideo[] {
      return this.all ?? [];
    },
    get state(): "loading" | "error" | "empty" | "shown" {
      if (this.all === null) return this.error === "" ? "loading" : "error";
      return this.all.length === 0 ? "empty" : "shown";
    },
    href: ({ id }: PlaylistVideo) => detailPage(id),
    length: ({ duration }: PlaylistVideo) => (duration === null ? "" : clock(duration)),

    /** One change after the other; what the server refuses is undone by looking again. */
    run(deed: () => Promise<unknown>): Promise<void> {
      const turn = last.then(deed).then(() => undefined, async (error: unknown) => {
        toast(wordsOf(error), "error");
        await this.load();
      });
      last = turn;
      return turn;
    },
    add(video: ListedVideo): Promise<void> {
      return this.run(async () => {
        if (this.rows.some(({ id }) => id === video.id)) return toast(`“${video.title}” is in it already.`);
        await call("POST /api/playlists/{playlist_id}/videos", { path, body: { video_ids: [video.id] } });
        await this.load();
        this.said = `“${video.title}” is added.`;
        toast(this.said);
      });
    },
    async remove(one: PlaylistVideo, at: number): Promise<void> {
      const before = this.rows[at + 1]?.id ?? null;
      const back = (): Promise<void> =>
        this.run(async () => {
          await call("POST /api/playlists/{playlist_id}/videos", { path, body: { video_ids: [one.id], before } });
          await this.load();
        });
      await this.run(async () => {
        await call("DELETE /api/playlists/{playlist_id}/videos/{video_id}", { path: { ...path, video_id: one.id } });
        this.all = this.rows.filter(({ id }) => id !== one.id);
        toast(`“${one.title}” is taken out.`, "done", { label: "Undo", run: back });
      });
    },
    async move(from: number, to: number, control = "[data-grip]"): Promise<void> {
      const one = this.rows[from];
      if (one === undefined || from === to || to < 0 || to >= this.rows.length) return;
      // Behind the last that is shown come others: it has to be known which is the first of them.
      if (to === this.rows.length - 1 && this.next !== null) await this.load(true);
      this.all = moved(this.rows, from, to);
      this.said = placeWords(one.title, to, this.rows.length);
      refocus(list, one.id, control);
      const before = this.rows[to + 1]?.id ?? null;
      await this.run(() => call("POST /api/playlists/{playlist_id}/move", { path, body: { video_id: one.id, before } }));
    },
    key(event: KeyboardEvent, at: number): void {
      const to = keyTarget(event.key, at, this.rows.length);
      if (to === null) return;
      event.preventDefault();
      void this.move(at, to);
    },
  };
}

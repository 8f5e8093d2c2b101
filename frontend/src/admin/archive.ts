import { bytes, day } from "../shared/format";
import type { Forecast } from "./api-types";
import { purgesAt, warningOf } from "./archive-words";
import { bulk, doneOf, refusals, videosText } from "./bulk";
import { call, wordsOf } from "./client";
import { ask } from "./confirm";
import { perform, type Deed } from "./deeds";
import { followLive } from "./live";
import { detailPage } from "./pages";
import { srcset } from "./pictures";
import { wireRows } from "./rows";
import { allShown, extended, toggled } from "./selection";
import type { ListedVideo } from "./shapes";
import { toast } from "./toast";

const PAGE_SIZE = 50;
const SETTLE_MS = 300;

/** Alpine component: deleted videos, until they are restored or their time is over. */
export function archive() {
  let settling = 0;

  return {
    videos: [] as ListedVideo[],
    told: null as Forecast | null,
    cursor: null as string | null,
    days: "30",
    loading: true,
    busy: false,
    error: "",
    chosen: [] as number[],
    anchor: null as number | null,

    init(): void {
      void this.load();
      const page = document.querySelector<HTMLElement>("[data-archive]");
      if (page !== null) wireRows(page, (id, event) => this.chooseId(id, event));
      const soon = (): void => {
        clearTimeout(settling);
        settling = window.setTimeout(() => void this.load(), SETTLE_MS);
      };
      followLive({ onProgress: () => undefined, onVideo: soon, onCatchUp: soon });
    },
    async load(): Promise<void> {
      try {
        const [told, page] = await Promise.all([call("GET /api/archive"), this.page(null, Math.max(PAGE_SIZE, Math.min(200, this.videos.length)))]);
        if (this.told === null || this.told.retention_days !== told.retention_days) this.days = String(told.retention_days);
        this.told = told;
        this.videos = page.videos;
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      } finally {
        this.loading = false;
      }
    },
    async page(cursor: string | null, limit: number) {
      const found = await call("GET /api/videos", { query: { deleted: true, include_total: false, cursor, limit } });
      this.cursor = found.has_more ? found.next_cursor : null;
      return found;
    },
    async loadMore(): Promise<void> {
      await this.run(async () => {
        const found = await this.page(this.cursor, PAGE_SIZE);
        this.videos = [...this.videos, ...found.videos];
      }, false);
    },
    get state(): "loading" | "error" | "empty" | "list" {
      if (this.videos.length > 0) return "list";
      if (this.error !== "") return "error";
      return this.loading ? "loading" : "empty";
    },
    get summary(): string {
      return this.told === null ? "" : `${videosText(this.told.count)} · ${bytes(this.told.size_bytes)}`;
    },
    get warning(): string {
      return this.told === null ? "" : warningOf(this.told);
    },
    get dueCount(): number {
      return this.told?.due_count ?? 0;
    },
    get hasChanged(): boolean {
      return this.told !== null && this.days.trim() !== "" && Number(this.days) !== this.told.retention_days;
    },

    async run(work: () => Promise<void>, again = true): Promise<void> {
      if (this.busy) return;
      this.busy = true;
      try {
        await work();
      } catch (error) {
        toast(wordsOf(error), "error");
      } finally {
        this.busy = false;
      }
      if (again) await this.load();
    },
    async keep(): Promise<void> {
      const retention_days = Number(this.days);
      await this.run(async () => {
        this.told = await call("PUT /api/archive", { body: { retention_days } });
        toast(retention_days === 0 ? "Deleted videos are kept for ever." : `Deleted videos are kept for ${retention_days} days.`);
      });
    },
    async purgeDue(): Promise<void> {
      const told = this.told;
      if (told === null) return;
      const text = `The time of ${videosText(told.due_count)} (${bytes(told.due_size_bytes)}) is over. Nothing can bring them back.`;
      if (!(await ask({ title: "Delete them permanently?", text, action: "Delete permanently", danger: true, typed: `delete ${told.due_count}` }))) return;
      await this.run(async () => {
        const { purged } = await call("POST /api/archive/purge", { body: { due_count: told.due_count } });
        toast(`${videosText(purged)} deleted permanently.`);
      });
    },
    async act(deed: Deed, video: ListedVideo): Promise<void> {
      await perform(deed, video);
      await this.load();
    },
    async restoreChosen(): Promise<void> {
      await this.run(async () => {
        const results = await bulk("restore", this.chosen);
        const done = doneOf(results);
        if (done.length > 0) toast(`${videosText(done.length)} restored.`, "done", { label: "Undo", run: () => this.run(async () => void (await bulk("delete", done))) });
        if (done.length < results.length) toast(refusals(results), "error");
        this.chosen = [];
      });
    },
    async purgeChosen(): Promise<void> {
      const count = this.chosen.length;
      const text = `${videosText(count)}, their source files and everything made from them are removed. Nothing can bring them back.`;
      if (!(await ask({ title: "Delete them permanently?", text, action: "Delete permanently", danger: true, typed: `delete ${count}` }))) return;
      await this.run(async () => {
        const results = await bulk("delete", this.chosen, { permanent: true });
        toast(`${videosText(doneOf(results).length)} deleted permanently.`);
        if (doneOf(results).length < results.length) toast(refusals(results), "error");
        this.chosen = [];
      });
    },

    chooseId(id: number, event: { shiftKey: boolean }): void {
      const shown = this.videos.map((one) => one.id);
      this.chosen = event.shiftKey ? extended(this.chosen, shown, this.anchor, id) : toggled(this.chosen, id);
      this.anchor = id;
    },
    choose(video: ListedVideo, event: { shiftKey: boolean }): void {
      this.chooseId(video.id, event);
    },
    chooseAll(): void {
      this.chosen = this.allChosen() ? [] : this.videos.map(({ id }) => id);
    },
    allChosen(): boolean {
      return allShown(this.chosen, this.videos.map(({ id }) => id));
    },
    isChosen(video: ListedVideo): boolean {
      return this.chosen.includes(video.id);
    },
    chosenText(): string {
      return `${videosText(this.chosen.length)} selected`;
    },
    clearSelection(): void {
      this.chosen = [];
    },
    href: (video: ListedVideo) => detailPage(video.id),
    srcset: (video: ListedVideo, format: string) => srcset(video.thumbnails, format),
    deletedText: (video: ListedVideo) => day(video.deleted_at),
    purgeText(video: ListedVideo): string {
      return purgesAt(video.deleted_at, this.told?.retention_days ?? 0);
    },
    sizeText: (video: ListedVideo) => (video.source_size_bytes > 0 ? bytes(video.source_size_bytes) : ""),
  };
}

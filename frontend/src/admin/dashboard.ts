import { need } from "../shared/dom";
import type { Dashboard, Forecast, StorageState } from "./api-types";
import { call, wordsOf } from "./client";
import { attention, type Matter } from "./dashboard-words";
import { perform, type Deed } from "./deeds";
import { followLive } from "./live";
import { publicSiteOf } from "./pages";
import type { ListedVideo, ProgressEvent } from "./shapes";
import { withProgress } from "./status";
import { spaceOf } from "./storage-words";
import { UPLOADED_EVENT } from "./uploads";
import { rowWords } from "./video-row";

const SETTLE_MS = 400;
const CALM_MS = 60_000;

/** Alpine component: what is going on in the library, alive by the server's events. */
export function dashboard() {
  let settling = 0;

  return {
    ...rowWords(publicSiteOf(need(document, "[data-dashboard]"))),
    told: null as Dashboard | null,
    storage: null as StorageState | null,
    archive: null as Forecast | null,
    error: "",

    init(): void {
      void this.load();
      void this.loadState();
      window.setInterval(() => document.visibilityState === "visible" && void this.loadState(), CALM_MS);
      followLive({
        onProgress: (event) => this.onProgress(event),
        onVideo: () => this.loadSoon(),
        onCatchUp: () => this.loadSoon(),
      });
      addEventListener(UPLOADED_EVENT, () => this.loadSoon());
    },
    get state(): "loading" | "error" | "empty" | "shown" {
      if (this.told === null) return this.error === "" ? "loading" : "error";
      return this.told.video_count === 0 && this.told.running_count === 0 ? "empty" : "shown";
    },
    get running(): Dashboard["running"] {
      return this.told?.running ?? [];
    },
    get runningMore(): number {
      return (this.told?.running_count ?? 0) - this.running.length;
    },
    get failed(): ListedVideo[] {
      return this.told?.failed ?? [];
    },
    get newest(): ListedVideo[] {
      return this.told?.newest ?? [];
    },
    get watched(): ListedVideo[] {
      return this.told?.most_viewed ?? [];
    },
    get counts(): string {
      if (this.told === null) return "";
      const { video_count: all, published_count: shown } = this.told;
      return `${all.toLocaleString("en-GB")} ${all === 1 ? "video" : "videos"}, ${shown.toLocaleString("en-GB")} published`;
    },
    get space(): ReturnType<typeof spaceOf> {
      return spaceOf(this.storage?.free_bytes ?? null, this.storage?.total_bytes ?? null);
    },
    get attention(): Matter[] {
      return attention(this.storage, this.archive);
    },

    async load(): Promise<void> {
      try {
        this.told = await call("GET /api/dashboard");
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    /** What changes slowly. Without it the rest of the page is still true. */
    async loadState(): Promise<void> {
      const [storage, archive] = await Promise.allSettled([call("GET /api/storage"), call("GET /api/archive")]);
      if (storage.status === "fulfilled") this.storage = storage.value;
      if (archive.status === "fulfilled") this.archive = archive.value;
    },
    loadSoon(): void {
      clearTimeout(settling);
      settling = window.setTimeout(() => void this.load(), SETTLE_MS);
    },
    onProgress(event: ProgressEvent): void {
      const row = this.running.find(({ video }) => video.id === event.video_id);
      const at = this.newest.findIndex(({ id }) => id === event.video_id);
      const listed = this.newest[at];
      if (listed !== undefined) this.newest[at] = withProgress(listed, event);
      // What is not shown because there is more than fits says nothing that this page must follow.
      if (row === undefined) return event.percent < 100 && this.runningMore <= 0 ? this.loadSoon() : undefined;
      if (row.video.status !== event.status || event.percent >= 100) this.loadSoon();
      row.video = withProgress(row.video, event);
    },
    async act(deed: Deed, video: ListedVideo): Promise<void> {
      if (await perform(deed, video, () => void this.load())) await this.load();
    },
    workersText: ({ workers }: { workers: string[] }) => (workers.length === 0 ? "waiting for a worker" : `by ${workers.join(", ")}`),
    viewsText: (video: ListedVideo) => `${video.view_count.toLocaleString("en-GB")} ${video.view_count === 1 ? "view" : "views"}`,
  };
}

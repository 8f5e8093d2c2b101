import { need } from "../shared/dom";
import { call, wordsOf } from "./client";
import { perform, type Deed } from "./deeds";
import { addressOf, filtersOf, isFiltered, PAGE_SIZE, queryOf } from "./filters";
import { followLive } from "./live";
import { publicSiteOf } from "./pages";
import type { ListedVideo, ProgressEvent, VideoPage } from "./shapes";
import { withProgress } from "./status";
import { UPLOADED_EVENT } from "./uploads";
import { rowWords } from "./video-row";

const TYPING_MS = 250;
const SETTLE_MS = 300;
const MOST_REFRESHED = 200;

/** Alpine component: the list of videos, filtered by the address, alive by the server's events. */
export function videoList() {
  const site = publicSiteOf(need(document, "[data-video-list-page]"));
  let typing = 0;
  let settling = 0;
  let asked = 0;

  return {
    ...rowWords(site),
    ...filtersOf(location.search),
    videos: [] as ListedVideo[],
    cursor: null as string | null,
    total: null as number | null,
    loading: true,
    more: false,
    error: "",

    init(): void {
      void this.load();
      followLive({
        onProgress: (event) => this.onProgress(event),
        onVideo: () => this.refreshSoon(),
        onCatchUp: () => this.refreshSoon(),
      });
      addEventListener(UPLOADED_EVENT, () => this.refreshSoon());
    },

    get filtered(): boolean {
      return isFiltered(this);
    },
    get countText(): string {
      if (this.total === null || this.loading) return "";
      return `${this.total} ${this.total === 1 ? "video" : "videos"}`;
    },
    get state(): "loading" | "error" | "empty" | "nothing" | "trash-empty" | "list" {
      if (this.error !== "") return "error";
      if (this.videos.length > 0) return "list";
      if (this.loading) return "loading";
      if (this.filtered) return "nothing";
      return this.deleted ? "trash-empty" : "empty";
    },

    /** Answers to older questions are dropped: the list always shows the last one asked. */
    async ask(limit: number, cursor: string | null): Promise<VideoPage | null> {
      asked += 1;
      const mine = asked;
      try {
        const page = await call("GET /api/videos", { query: { ...queryOf(this), cursor, limit } });
        if (mine !== asked) return null;
        this.error = "";
        this.cursor = page.has_more ? page.next_cursor : null;
        this.total = page.total_count;
        return page;
      } catch (error) {
        if (mine === asked) this.error = wordsOf(error);
        return null;
      } finally {
        if (mine === asked) this.loading = false;
      }
    },
    async load(): Promise<void> {
      this.loading = true;
      const page = await this.ask(PAGE_SIZE, null);
      if (page !== null) this.videos = page.videos;
    },
    async loadMore(): Promise<void> {
      this.more = true;
      const page = await this.ask(PAGE_SIZE, this.cursor);
      this.more = false;
      const known = new Set(this.videos.map(({ id }) => id));
      if (page !== null) this.videos = [...this.videos, ...page.videos.filter(({ id }) => !known.has(id))];
    },
    refreshSoon(): void {
      clearTimeout(settling);
      settling = window.setTimeout(() => void this.refresh(), SETTLE_MS);
    },
    async refresh(): Promise<void> {
      const page = await this.ask(Math.min(MOST_REFRESHED, Math.max(PAGE_SIZE, this.videos.length)), null);
      if (page !== null) this.videos = page.videos;
    },

    onProgress(event: ProgressEvent): void {
      const at = this.videos.findIndex(({ id }) => id === event.video_id);
      const video = this.videos[at];
      if (video === undefined) return;
      if (video.status !== event.status) this.refreshSoon();
      this.videos[at] = withProgress(video, event);
    },

    searchChanged(): void {
      clearTimeout(typing);
      typing = window.setTimeout(() => this.filtersChanged(), TYPING_MS);
    },
    filtersChanged(): void {
      history.replaceState(null, "", addressOf(this, location.pathname));
      this.videos = [];
      void this.load();
    },
    show(deleted: boolean): void {
      if (this.deleted === deleted) return;
      this.deleted = deleted;
      this.filtersChanged();
    },
    clearFilters(): void {
      this.search = "";
      this.status = "";
      this.filtersChanged();
    },

    async act(deed: Deed, video: ListedVideo): Promise<void> {
      if (await perform(deed, video)) await this.refresh();
    },
  };
}

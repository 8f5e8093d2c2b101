import { need } from "../shared/dom";
import { bytes, day } from "../shared/format";
import type { Playlist, Tag } from "./api-types";
import { bulkAnswers } from "./bulk-answers";
import { call, wordsOf } from "./client";
import { COLUMNS, rememberColumns, rememberedColumns } from "./columns";
import { perform, type Deed } from "./deeds";
import { addressOf, filterCount, filtersOf, isFiltered, noFilters, PAGE_SIZE, queryOf, sortedBy, sortState, type Sort } from "./filters";
import { followLive } from "./live";
import { publicSiteOf } from "./pages";
import { toggledIn, wireRows } from "./rows";
import type { ListedVideo, ProgressEvent, VideoPage } from "./shapes";
import { withProgress } from "./status";
import { toast } from "./toast";
import { UPLOADED_EVENT } from "./uploads";
import { videoBulk } from "./video-bulk";
import { rowWords } from "./video-row";

const TYPING_MS = 250;
const SETTLE_MS = 300;
const MOST_REFRESHED = 200;

/** Alpine component: the list of videos, filtered by the address, alive by the server's events. */
export function videoList() {
  const page = need(document, "[data-video-list-page]");
  let typing = 0;
  let settling = 0;
  let asked = 0;

  return {
    ...rowWords(publicSiteOf(page)),
    ...videoBulk(),
    ...bulkAnswers(),
    ...filtersOf(location.search),
    videos: [] as ListedVideo[],
    tags: [] as Tag[],
    playlists: [] as Playlist[],
    columns: rememberedColumns(),
    everyColumn: COLUMNS,
    open: false,
    cursor: null as string | null,
    total: null as number | null,
    loading: true,
    more: false,
    error: "",

    init(): void {
      this.open = filterCount(this) > 0;
      void this.load();
      void this.loadChoices();
      wireRows(page, (id, event) => {
        const video = this.videos.find((one) => one.id === id);
        if (video !== undefined) this.choose(video, event);
      });
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
    get conditions(): number {
      return filterCount(this);
    },
    get countText(): string {
      if (this.total === null || this.loading) return "";
      const more = this.filtered && this.total >= 1000 ? "+" : "";
      return `${this.total.toLocaleString("en-GB")}${more} ${this.total === 1 ? "video" : "videos"}`;
    },
    get state(): "loading" | "error" | "empty" | "nothing" | "list" {
      if (this.error !== "") return "error";
      if (this.videos.length > 0) return "list";
      if (this.loading) return "loading";
      return this.filtered ? "nothing" : "empty";
    },
    get canChooseMore(): boolean {
      return this.cursor !== null && this.allChosen() && this.chosen.length <= this.videos.length;
    },

    /** Answers to older questions are dropped: the list always shows the last one asked. */
    async ask(limit: number, cursor: string | null, isQuiet = false): Promise<VideoPage | null> {
      asked += 1;
      const mine = asked;
      try {
        const found = await call("GET /api/videos", { query: { ...queryOf(this), cursor, limit } });
        if (mine !== asked) return null;
        this.error = "";
        this.cursor = found.has_more ? found.next_cursor : null;
        this.total = found.total_count;
        return found;
      } catch (error) {
        if (mine === asked && !isQuiet) this.error = wordsOf(error);
        return null;
      } finally {
        if (mine === asked) this.loading = false;
      }
    },
    async load(): Promise<void> {
      this.loading = true;
      const found = await this.ask(PAGE_SIZE, null);
      if (found !== null) this.videos = found.videos;
    },
    async loadMore(): Promise<void> {
      this.more = true;
      const found = await this.ask(PAGE_SIZE, this.cursor);
      this.more = false;
      const known = new Set(this.videos.map(({ id }) => id));
      if (found !== null) this.videos = [...this.videos, ...found.videos.filter(({ id }) => !known.has(id))];
    },
    async loadChoices(): Promise<void> {
      const [tags, playlists] = await Promise.allSettled([call("GET /api/tags"), call("GET /api/playlists", { query: { limit: 200 } })]);
      if (tags.status === "fulfilled") this.tags = tags.value.tags;
      if (playlists.status === "fulfilled") this.playlists = playlists.value.playlists;
      if (tags.status === "rejected") toast(wordsOf(tags.reason), "error");
    },
    refreshSoon(): void {
      clearTimeout(settling);
      settling = window.setTimeout(() => void this.refresh(), SETTLE_MS);
    },
    async refresh(): Promise<void> {
      const wanted = Math.max(PAGE_SIZE, this.videos.length);
      // Looked at in passing: a list that is shown stays when this does not work, and the next look does it.
      const isQuiet = this.videos.length > 0 && !this.loading && this.error === "";
      const rows: ListedVideo[] = [];
      let cursor: string | null = null;
      do {
        const found: VideoPage | null = await this.ask(Math.min(MOST_REFRESHED, wanted - rows.length), cursor, isQuiet);
        if (found === null) return;
        rows.push(...found.videos);
        cursor = this.cursor;
      } while (cursor !== null && rows.length < wanted);
      this.videos = rows;
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
      this.clearSelection();
      void this.load();
    },
    clearFilters(): void {
      Object.assign(this, noFilters());
      this.filtersChanged();
    },
    sortBy(column: Exclude<Sort, "">): void {
      Object.assign(this, sortedBy(this, column));
      this.filtersChanged();
    },
    sorted(column: string): string {
      return sortState(this, column);
    },
    hasColumn(name: string): boolean {
      return this.columns.includes(name);
    },
    shut(menu: HTMLDetailsElement): void {
      menu.open = false;
    },
    toggleColumn(name: string): void {
      this.columns = toggledIn(this.columns, name);
      rememberColumns(this.columns);
    },

    async act(deed: Deed, video: ListedVideo): Promise<void> {
      const at = this.videos.findIndex(({ id }) => id === video.id);
      // Seen at once; the list is asked again afterwards, whatever came of it.
      const isSwitch = deed === "publish" || deed === "unpublish";
      if (isSwitch && at >= 0) this.videos[at] = { ...video, published_at: deed === "publish" ? new Date().toISOString() : null };
      await perform(deed, video, () => void this.refresh());
      await this.refresh();
    },

    tagsText: (video: ListedVideo) => video.tags.map(({ name }) => name).join(", "),
    viewsText: (video: ListedVideo) => video.view_count.toLocaleString("en-GB"),
    sizeText: (video: ListedVideo) => (video.source_size_bytes > 0 ? bytes(video.source_size_bytes) : ""),
    dateText: (video: ListedVideo) => day(video.created_at),
  };
}

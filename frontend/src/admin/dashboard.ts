import { need } from "../shared/dom";
import { call, wordsOf } from "./client";
import { perform, type Deed } from "./deeds";
import { followLive } from "./live";
import { publicSiteOf } from "./pages";
import type { ListedVideo, ProgressEvent } from "./shapes";
import { withProgress } from "./status";
import { UPLOADED_EVENT } from "./uploads";
import { rowWords } from "./video-row";

const NEWEST = 6;
const SETTLE_MS = 300;

/** Alpine component: what is going on in the library, alive by the server's events. */
export function dashboard() {
  let settling = 0;

  return {
    ...rowWords(publicSiteOf(need(document, "[data-dashboard]"))),
    videos: [] as ListedVideo[],
    loading: true,
    error: "",

    init(): void {
      void this.load();
      followLive({
        onProgress: (event) => this.onProgress(event),
        onVideo: () => this.loadSoon(),
        onCatchUp: () => this.loadSoon(),
      });
      addEventListener(UPLOADED_EVENT, () => this.loadSoon());
    },
    get state(): "loading" | "error" | "empty" | "list" {
      if (this.videos.length > 0) return "list";
      if (this.error !== "") return "error";
      return this.loading ? "loading" : "empty";
    },

    async load(): Promise<void> {
      try {
        this.videos = (await call("GET /api/videos", { query: { limit: NEWEST, include_total: false } })).videos;
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      } finally {
        this.loading = false;
      }
    },
    loadSoon(): void {
      clearTimeout(settling);
      settling = window.setTimeout(() => void this.load(), SETTLE_MS);
    },
    onProgress(event: ProgressEvent): void {
      const at = this.videos.findIndex(({ id }) => id === event.video_id);
      const video = this.videos[at];
      if (video === undefined) return;
      if (video.status !== event.status) this.loadSoon();
      this.videos[at] = withProgress(video, event);
    },
    async act(deed: Deed, video: ListedVideo): Promise<void> {
      if (await perform(deed, video)) await this.load();
    },
  };
}

import Alpine from "@alpinejs/csp";
import { ApiError } from "../shared/api";
import { copyText, need } from "../shared/dom";
import { call, wordsOf } from "./client";
import { perform, type Deed } from "./deeds";
import { changes, draftOf, rebase, type Draft } from "./draft";
import { factsOf, qualityRows } from "./facts";
import { connectLive } from "./live";
import { LIST, publicSiteOf, watchPage } from "./pages";
import { makePreview } from "./preview";
import type { ProgressEvent, VideoDetail } from "./shapes";
import { badgeOf, isViewable, isWorking, progressLine, publishingOf, renditionLabel, withProgress } from "./status";
import { isLong, summary, timeline, type TaskLine } from "./timeline";
import { toast } from "./toast";

const REFRESH_MS = 2000;

/** Alpine component: everything about one video. */
export function videoDetail() {
  const page = need(document, "[data-video-detail]");
  const id = Number(page.dataset["videoId"]);
  const site = publicSiteOf(page);
  const show = makePreview(need(page, "[data-preview]"));
  let timer = 0;
  // While it is being deleted for good, nobody asks for it any more.
  let leaving = false;

  return {
    video: null as VideoDetail | null,
    saved: { title: "", description: "", category: "" } as Draft,
    draft: { title: "", description: "", category: "" } as Draft,
    error: "",
    missing: false,
    saving: false,
    allTasks: false,
    now: Date.now(),

    init(): void {
      void this.load();
      connectLive({
        onProgress: (event) => this.onProgress(event),
        onVideo: (event) => event.video_id === id && void this.load(),
        onCatchUp: () => void this.load(),
      });
      addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
    },

    get dirty(): boolean {
      return this.video !== null && changes(this.draft, this.saved) !== null;
    },
    get badge() {
      return this.video === null ? { text: "", tone: "plain" } : badgeOf(this.video);
    },
    get viewable(): boolean {
      return this.video !== null && isViewable(this.video);
    },
    get watchHref(): string {
      return this.video === null ? "" : watchPage(this.video.slug, site, location);
    },
    get working(): boolean {
      return this.video !== null && isWorking(this.video);
    },
    get amount(): number {
      return this.video?.progress?.percent ?? 0;
    },
    get progressText(): string {
      return this.video?.progress ? progressLine(this.video.progress) : "";
    },
    get trashed(): boolean {
      return this.video !== null && this.video.deleted_at !== null;
    },
    get failed(): boolean {
      return this.video?.status === "failed" && !this.trashed;
    },
    get failure(): string {
      return this.video?.error_message ?? this.video?.job?.last_error ?? "";
    },
    /** What the publish button would do: at once, or as soon as the video is ready. */
    get publishing() {
      return this.video === null ? null : publishingOf(this.video);
    },
    get facts() {
      return this.video === null ? [] : factsOf(this.video);
    },
    get qualities() {
      return this.video === null ? [] : qualityRows(this.video);
    },
    get renditions() {
      return (this.video?.job?.renditions ?? []).map((one) => ({ name: one.name, status: one.status, text: renditionLabel(one) }));
    },
    get tasks(): TaskLine[] {
      return timeline(this.video?.job ?? null, { all: this.allTasks, nowMs: this.now });
    },
    get tasksSummary(): string {
      return summary(this.video?.job ?? null);
    },
    get manyTasks(): boolean {
      return isLong(this.video?.job ?? null);
    },

    async load(): Promise<void> {
      clearTimeout(timer);
      timer = 0;
      if (leaving) return;
      try {
        this.take(await call("GET /api/videos/{video_id}", { path: { video_id: id } }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) this.missing = true;
        else if (this.video === null) this.error = wordsOf(error);
      }
    },
    take(video: VideoDetail): void {
      const fresh = draftOf(video);
      this.draft = rebase(this.draft, this.saved, fresh);
      this.saved = fresh;
      this.video = video;
      this.now = Date.now();
      this.error = "";
      document.title = document.title.replace(/^.* – /, `${video.title} – `);
      show(video);
    },
    onProgress(event: ProgressEvent): void {
      if (event.video_id !== id || this.video === null) return;
      const became = this.video.status !== event.status;
      this.video = withProgress(this.video, event);
      this.now = Date.now();
      // The event carries the amounts; tasks and attempts come with the next full answer.
      if (became) void this.load();
      else if (timer === 0) timer = window.setTimeout(() => void this.load(), REFRESH_MS);
    },

    async save(): Promise<void> {
      const body = changes(this.draft, this.saved);
      if (body === null || this.saving) return;
      this.saving = true;
      try {
        await call("PUT /api/videos/{video_id}", { path: { video_id: id }, body });
        this.saved = { ...this.draft, title: this.draft.title.trim() };
        this.draft = { ...this.saved };
        toast("Saved.");
        await this.load();
      } catch (error) {
        toast(wordsOf(error), "error");
      } finally {
        this.saving = false;
      }
    },
    revert(): void {
      this.draft = { ...this.saved };
    },
    async newCategory(): Promise<void> {
      const created = await Alpine.store("categories").create();
      if (created !== null) this.draft.category = String(created);
    },
    async act(deed: Deed): Promise<void> {
      if (this.video === null) return;
      leaving = deed === "destroy";
      const done = await perform(deed, this.video);
      leaving &&= done;
      if (!done) return;
      if (!leaving) return this.load();
      this.revert();
      location.assign(`${LIST}?deleted=true`);
    },
    async copy(text: string): Promise<void> {
      const copied = await copyText(text);
      toast(copied ? "Copied." : "Your browser did not allow copying.", copied ? "done" : "error");
    },
    bar: ({ bar }: TaskLine) => (bar === null ? {} : { "--from": bar.from.toFixed(2), "--span": bar.span.toFixed(2) }),
  };
}

import { copyText, need } from "../shared/dom";
import { moment } from "../shared/format";
import { call, wordsOf } from "./client";
import { perform, type Deed } from "./deeds";
import { factsOf, qualityRows } from "./facts";
import { openVideo } from "./open-video";
import { ARCHIVE, publicSiteOf, watchPage } from "./pages";
import { momentOf, proposed } from "./publishing";
import type { ProgressEvent, VideoDetail } from "./shapes";
import { badgeOf, isViewable, isWorking, progressLine, publishingOf, renditionLabel, withProgress } from "./status";
import { isLong, summary, timeline, type TaskLine } from "./timeline";
import { toast } from "./toast";

const REFRESH_MS = 2000;

/** Alpine component: the state of one video, what was made of it and what happened to it. */
export function videoDetail() {
  const open = openVideo();
  const site = publicSiteOf(need(document, "[data-video-detail]"));
  let timer = 0;

  return {
    video: null as VideoDetail | null,
    error: "",
    missing: false,
    allTasks: false,
    now: Date.now(),
    planned: "",

    init(): void {
      open.follow({
        onVideo: (video) => this.take(video),
        onProgress: (event) => this.onProgress(event),
        onMissing: () => void (this.missing = true),
        onError: (words) => void (this.error = words),
      });
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
    get plannedText(): string {
      return this.video?.publish_at ? `Will be published on ${moment(this.video.publish_at)}.` : "";
    },
    get canPlan(): boolean {
      return this.video !== null && this.video.published_at === null && !this.trashed;
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

    load(): Promise<void> {
      return open.load();
    },
    take(video: VideoDetail): void {
      clearTimeout(timer);
      timer = 0;
      this.video = video;
      this.now = Date.now();
      this.error = "";
      document.title = document.title.replace(/^.* – /, `${video.title} – `);
    },
    onProgress(event: ProgressEvent): void {
      if (this.video === null) return;
      const became = this.video.status !== event.status;
      this.video = withProgress(this.video, event);
      this.now = Date.now();
      // The event carries the amounts; tasks and attempts come with the next full answer.
      if (became) void open.load();
      else if (timer === 0) timer = window.setTimeout(() => void open.load(), REFRESH_MS);
    },

    async act(deed: Deed): Promise<void> {
      if (this.video === null) return;
      const isLast = deed === "destroy";
      open.leave(isLast);
      const done = await perform(deed, this.video, () => void open.load());
      if (isLast && done) location.assign(ARCHIVE);
      open.leave(isLast && done);
      if (!done || isLast) return;
      await open.load();
    },
    startPlan(): void {
      this.planned = proposed(new Date());
      need<HTMLDialogElement>(document, "[data-planner]").showModal();
    },
    async plan(): Promise<void> {
      const publish_at = momentOf(this.planned);
      if (publish_at === null) return;
      try {
        await call("POST /api/videos/{video_id}/schedule", { path: open.path, body: { publish_at } });
        need<HTMLDialogElement>(document, "[data-planner]").close();
        toast(`Will be published on ${moment(publish_at)}.`);
      } catch (error) {
        toast(wordsOf(error), "error");
      }
      await open.load();
    },
    async copy(text: string): Promise<void> {
      const copied = await copyText(text);
      toast(copied ? "Copied." : "Your browser did not allow copying.", copied ? "done" : "error");
    },
    bar: ({ bar }: TaskLine) => (bar === null ? {} : { "--from": bar.from.toFixed(2), "--span": bar.span.toFixed(2) }),
  };
}

import type { FrameItem, ThumbnailView } from "./api-types";
import { call, wordsOf } from "./client";
import { openVideo } from "./open-video";
import { timeText } from "./times";
import { toast } from "./toast";

const ASK_MS = 1000;
const ASKS = 60;

const ORIGINS: Record<ThumbnailView["thumbnail_source"], string> = { auto: "Chosen automatically", selected: "Chosen by hand", custom: "Uploaded" };

/** "320, 640 and 1280 pixels wide" */
export function sizeWords(widths: readonly number[]): string {
  const each = [...new Set(widths)].sort((a, b) => a - b);
  if (each.length === 0) return "";
  const words = each.length === 1 ? `${each[0]}` : `${each.slice(0, -1).join(", ")} and ${each.at(-1)}`;
  return `${words} pixels wide`;
}

/** Alpine component: the picture of the video, and where another comes from. */
export function thumbnailEditor() {
  const open = openVideo();
  const { path } = open;
  let version = "";
  let source = "";

  return {
    view: null as ThumbnailView | null,
    frames: [] as FrameItem[],
    usable: false,
    busy: false,
    waiting: false,
    error: "",
    said: "",

    init(): void {
      open.follow({
        onVideo: (video) => {
          this.usable = video.status === "ready" && video.deleted_at === null;
          const shown = JSON.stringify([video.source_filename, video.source_size_bytes, video.duration]);
          // Candidates of another source say nothing of this one.
          if (shown !== source) this.frames = [];
          source = shown;
          if (video.thumbnail_url !== null && video.thumbnail_url === version) return;
          version = video.thumbnail_url ?? "";
          void this.load();
        },
      });
    },
    async load(): Promise<void> {
      try {
        this.view = await call("GET /api/videos/{video_id}/thumbnail", { path });
        this.waiting = this.view.is_pending;
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    get origin(): string {
      if (this.view === null) return "";
      const { thumbnail_source, thumbnail_timestamp } = this.view;
      const at = thumbnail_timestamp === null ? "" : `, at ${timeText(thumbnail_timestamp)}`;
      return `${ORIGINS[thumbnail_source]}${at}`;
    },
    get byHand(): boolean {
      return this.view !== null && this.view.thumbnail_source !== "auto";
    },
    get sizes(): string {
      return sizeWords((this.view?.thumbnails ?? []).map(({ width }) => width));
    },
    get shown(): string {
      const jpegs = (this.view?.thumbnails ?? []).filter(({ format }) => format === "jpeg");
      return jpegs.find(({ width }) => width >= 640)?.url ?? this.view?.thumbnail_url ?? "";
    },
    /** What the server compares: who changes the picture has seen the one that it takes the place of. */
    seen(): { seen_version: number | null } {
      return { seen_version: this.view?.thumbnail_version ?? null };
    },
    time: ({ time_seconds }: FrameItem) => timeText(time_seconds),

    /** What is made by a worker is asked for until it is there. */
    async settle(isOver: () => Promise<boolean>): Promise<void> {
      for (let turn = 0; turn < ASKS; turn += 1) {
        if (await isOver()) return;
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      }
      toast("It takes longer than usual; the page will show it when it is there.");
    },
    async run(deed: () => Promise<void>, done: string): Promise<void> {
      if (this.busy) return;
      this.busy = true;
      this.waiting = true;
      try {
        await deed();
        this.said = done;
      } catch (error) {
        toast(wordsOf(error), "error");
      } finally {
        this.busy = false;
        await this.load();
      }
    },
    async change(ask: () => Promise<ThumbnailView>, done: string): Promise<void> {
      await this.run(async () => {
        this.view = await ask();
        await this.settle(async () => {
          if (this.view?.is_pending) this.view = await call("GET /api/videos/{video_id}/thumbnail", { path });
          return !this.view?.is_pending;
        });
        toast(done);
      }, done);
    },
    suggest(): Promise<void> {
      return this.run(async () => {
        await this.settle(async () => {
          const { frames, is_pending } = await call("POST /api/videos/{video_id}/thumbnail/frames", { path });
          this.frames = frames;
          return !is_pending;
        });
      }, "Pictures are suggested.");
    },
    select(time_seconds: number): Promise<void> {
      return this.change(() => call("POST /api/videos/{video_id}/thumbnail/select", { path, query: this.seen(), body: { time_seconds } }), "The thumbnail is changed.");
    },
    selectNow(): Promise<void> {
      return this.select(open.preview.now());
    },
    async upload(event: Event): Promise<void> {
      const field = event.target as HTMLInputElement;
      const file = field.files?.[0];
      if (file === undefined) return;
      const body = new FormData();
      body.append("file", file);
      await this.change(() => call("POST /api/videos/{video_id}/thumbnail/upload", { path, query: this.seen(), body }), "The thumbnail is changed.");
      field.value = "";
    },
    revert(): Promise<void> {
      return this.change(() => call("POST /api/videos/{video_id}/thumbnail/revert", { path, query: this.seen() }), "The thumbnail is chosen automatically again.");
    },
  };
}

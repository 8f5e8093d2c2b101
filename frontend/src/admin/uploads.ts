import { call, peek, wordsOf } from "./client";
import { ask } from "./confirm";
import { droppedFiles, takeDrops } from "./dropped";
import { followLive } from "./live";
import { detailPage } from "./pages";
import type { ProgressEvent } from "./shapes";
import { badgeOf, isWorking, progressLine } from "./status";
import { toast } from "./toast";
import { openTusTransfer, terminate } from "./tus-transfer";
import { isBusy, isRunning, lateChanges, progressText, sentPercent, summaryOf } from "./upload-item";
import { UploadQueue } from "./upload-queue";
import type { UploadItem } from "./upload-shapes";

export const UPLOADED_EVENT = "vlog:uploaded";
const POLL_MS = 5000;

/** Alpine component: files on their way to the server, whichever page or program began with them. */
export function uploads() {
  let queue: UploadQueue;

  return {
    items: [] as UploadItem[],
    over: false,
    said: "",

    init(): void {
      queue = new UploadQueue(this.items, { open: openTusTransfer, onDone: (item) => void this.finished(item) });
      addEventListener("beforeunload", (event) => this.busy && event.preventDefault());
      addEventListener("online", () => queue.hurry());
      takeDrops({ onOver: (over) => void (this.over = over), onDrop: (event) => this.drop(event) });
      void this.look();
      window.setInterval(() => document.visibilityState === "visible" && void this.look(), POLL_MS);
      followLive({
        onProgress: (event) => this.worked(event),
        onVideo: ({ video_id }) => void this.refresh(video_id),
        onCatchUp: () => this.items.forEach(({ videoId }) => videoId !== null && void this.refresh(videoId)),
      });
    },

    get staged(): number {
      return this.items.filter(({ state }) => state === "staged").length;
    },
    get startLabel(): string {
      return this.staged === 1 ? "Upload" : `Upload ${this.staged} files`;
    },
    get busy(): boolean {
      return this.items.some(isBusy);
    },
    get summary(): string {
      return summaryOf(this.items) ?? "";
    },
    get unfinished(): number {
      return this.items.filter(({ state }) => state === "unfinished").length;
    },
    get unfinishedText(): string {
      return this.unfinished === 1 ? "An upload is unfinished." : `${this.unfinished} uploads are unfinished.`;
    },
    get anyPaused(): boolean {
      return this.items.some(({ state }) => state === "paused");
    },

    drop(event: DragEvent): void {
      const { files, folders } = droppedFiles(event.dataTransfer);
      if (folders > 0) toast("Folders can't be uploaded: open them and drop the files in them.", "error");
      this.add(files);
    },
    choose(event: Event): void {
      const input = event.target as HTMLInputElement;
      this.add([...(input.files ?? [])]);
      input.value = "";
    },
    add(files: File[]): void {
      const known = queue.add(files);
      if (known.length > 0) toast(`${known.map(({ name }) => name).join(", ")}: in the list already.`);
    },
    /** The file of one unfinished upload, chosen again. */
    chooseAgain(item: UploadItem, event: Event): void {
      const input = event.target as HTMLInputElement;
      const file = input.files?.[0];
      input.value = "";
      if (file === undefined) return;
      if (file.size === item.size) queue.goOn(item, file);
      else toast(`${file.name} is not the same file: its size is another.`, "error");
    },

    start(): void {
      queue.startAll();
      document.querySelector("[data-uploads]")?.scrollIntoView({ block: "start" });
    },
    pause: (item: UploadItem) => queue.pause(item),
    resume: (item: UploadItem) => queue.resume(item),
    pauseAll(): void {
      for (const item of [...this.items]) if (isBusy(item)) queue.pause(item);
    },
    resumeAll(): void {
      for (const item of [...this.items]) if (item.state === "paused") queue.resume(item);
    },

    async cancel(item: UploadItem): Promise<void> {
      const isBegun = item.uploadId !== null || item.sent > 0;
      const text = `What has been sent of “${item.title || item.name}” is thrown away.`;
      if (isBegun && !(await ask({ title: "Discard this upload?", text, action: "Discard the upload", danger: true }))) return;
      // It may have become a video while the question stood there.
      if (item.state === "done") return;
      const { uploadId } = item;
      this.remove(item);
      if (uploadId === null) return;
      await terminate(uploadId).catch((error: unknown) => toast(wordsOf(error), "error"));
    },
    remove(item: UploadItem): void {
      queue.remove(item);
      document.querySelector<HTMLElement>("[data-choose]")?.focus();
    },

    /** What the server has of uploads that are not ours. */
    async look(): Promise<void> {
      try {
        const { uploads: found } = await peek("GET /api/uploads");
        queue.adopt(found);
      } catch {
        // The next look may do better; whatever is being sent says by itself when it can't.
      }
    },

    async finished(item: UploadItem): Promise<void> {
      this.said = `${item.title} is uploaded.`;
      dispatchEvent(new CustomEvent(UPLOADED_EVENT));
      if (item.videoId === null) return;
      await this.tellLate(item, item.videoId);
      await this.refresh(item.videoId);
    },
    async tellLate(item: UploadItem, videoId: number): Promise<void> {
      const path = { video_id: videoId };
      const { edit, publish } = lateChanges(item, item.told ?? item);
      try {
        if (Object.keys(edit).length > 0) await call("PUT /api/videos/{video_id}", { path, body: edit });
        if (publish !== null) await call(`POST /api/videos/{video_id}/${publish ? "publish" : "unpublish"}`, { path });
      } catch (error) {
        toast(`${item.title}: what you changed could not be saved. ${wordsOf(error)}`, "error");
      }
    },

    async refresh(videoId: number): Promise<void> {
      const item = this.items.find((one) => one.videoId === videoId);
      if (item === undefined) return;
      const video = await peek("GET /api/videos/{video_id}", { path: { video_id: videoId } }).catch(() => null);
      if (video === null) return;
      const works = isWorking({ ...video, progress: video.progress ?? null });
      item.badge = badgeOf(video);
      item.work = works ? (video.progress?.percent ?? 0) : null;
      item.line = works && video.progress !== null ? progressLine(video.progress) : "";
      item.error = video.status === "failed" ? (video.error_message ?? "It could not be made ready.") : "";
      item.title = video.title;
    },
    worked(event: ProgressEvent): void {
      const item = this.items.find((one) => one.videoId === event.video_id);
      if (item === undefined) return;
      const isOver = event.percent >= 100 || event.status === "failed";
      item.work = isOver ? null : event.percent;
      item.line = isOver ? "" : progressLine(event);
    },

    href: (item: UploadItem) => (item.videoId === null ? "" : detailPage(item.videoId)),
    text: (item: UploadItem) => progressText(item),
    amount: (item: UploadItem) => item.work ?? sentPercent(item),
    hasBar: (item: UploadItem) => isRunning(item) || item.work !== null || ["paused", "unfinished", "elsewhere"].includes(item.state),
    canEdit: (item: UploadItem) => item.told !== null && item.state !== "done" && item.state !== "elsewhere",
    canPause: (item: UploadItem) => isBusy(item) && item.state !== "storing",
    canCancel: (item: UploadItem) => isBusy(item) || ["paused", "unfinished"].includes(item.state) || (item.state === "failed" && item.uploadId !== null),
    canRetry: (item: UploadItem) => item.state === "failed" && item.size > 0,
  };
}

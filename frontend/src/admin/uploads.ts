import { bytes, percent, remaining } from "../shared/format";
import { leaveIfSignedOut, wordsOf } from "./client";
import { detailPage } from "./pages";
import { sendFile } from "./send-file";
import { titleFromFileName } from "./title";
import { TransferRate } from "./transfer-rate";

type ItemState = "staged" | "waiting" | "sending" | "storing" | "done" | "failed" | "cancelled";

export interface UploadItem {
  key: number;
  name: string;
  size: number;
  title: string;
  description: string;
  category: string;
  publish: boolean;
  state: ItemState;
  sent: number;
  line: string;
  error: string;
  href: string;
}

export const UPLOADED_EVENT = "vlog:uploaded";

/** Alpine component: files that are to be uploaded, one after another. */
export function uploads() {
  // Files and abort controllers stay outside Alpine's proxies, which they do not survive.
  const files = new Map<number, File>();
  const aborts = new Map<number, AbortController>();
  let lastKey = 0;

  return {
    items: [] as UploadItem[],
    running: false,
    over: false,

    get staged(): number {
      return this.items.filter(({ state }) => state === "staged").length;
    },
    get startLabel(): string {
      return this.staged === 1 ? "Upload" : `Upload ${this.staged} files`;
    },
    get busy(): boolean {
      return this.items.some(({ state }) => state === "waiting" || state === "sending" || state === "storing");
    },

    init(): void {
      addEventListener("beforeunload", (event) => this.busy && event.preventDefault());
      // A file dropped beside the zone must not replace the page.
      for (const name of ["dragover", "drop"] as const) addEventListener(name, (event) => event.preventDefault());
    },

    drop(event: DragEvent): void {
      this.over = false;
      this.add([...(event.dataTransfer?.files ?? [])]);
    },
    choose(event: Event): void {
      const input = event.target as HTMLInputElement;
      this.add([...(input.files ?? [])]);
      input.value = "";
    },
    add(chosen: File[]): void {
      for (const file of chosen) {
        lastKey += 1;
        files.set(lastKey, file);
        this.items.push({
          key: lastKey, name: file.name, size: file.size, title: titleFromFileName(file.name), description: "", category: "",
          publish: true, state: "staged", sent: 0, line: bytes(file.size), error: "", href: "",
        });
      }
    },

    start(): void {
      for (const item of this.items) if (item.state === "staged" && item.title.trim() !== "") item.state = "waiting";
      void this.work();
      document.querySelector("[data-uploads]")?.scrollIntoView({ block: "start" });
    },
    again(item: UploadItem): void {
      Object.assign(item, { state: "waiting", sent: 0, error: "", line: bytes(item.size) });
      void this.work();
    },
    cancel(item: UploadItem): void {
      if (item.state === "sending" || item.state === "storing") aborts.get(item.key)?.abort();
      else if (item.state === "waiting") item.state = "staged";
    },
    remove(item: UploadItem): void {
      this.items = this.items.filter(({ key }) => key !== item.key);
      files.delete(item.key);
    },

    async work(): Promise<void> {
      if (this.running) return;
      this.running = true;
      for (;;) {
        const next = this.items.find(({ state }) => state === "waiting");
        if (next === undefined) break;
        await this.send(next);
      }
      this.running = false;
    },

    async send(item: UploadItem): Promise<void> {
      const file = files.get(item.key);
      if (file === undefined) return;
      const abort = new AbortController();
      const rate = new TransferRate();
      aborts.set(item.key, abort);
      item.state = "sending";
      item.line = "Starting…";
      const onProgress = (sent: number): void => this.progress(item, sent, rate);
      const category = item.category === "" ? null : Number(item.category);
      try {
        const upload = { file, title: item.title.trim(), description: item.description, categoryId: category, publish: item.publish };
        const { video_id } = await sendFile(upload, onProgress, abort.signal);
        Object.assign(item, { state: "done", line: `${bytes(item.size)} uploaded.`, href: detailPage(video_id) });
        files.delete(item.key);
        dispatchEvent(new CustomEvent(UPLOADED_EVENT));
      } catch (error) {
        this.stopped(item, error);
      } finally {
        aborts.delete(item.key);
      }
    },

    progress(item: UploadItem, sent: number, rate: TransferRate): void {
      rate.add(performance.now(), sent);
      // The form around the file counts too; the file's own size is what people know.
      item.sent = item.size === 0 ? 0 : Math.min(100, (sent / item.size) * 100);
      if (sent >= item.size) {
        item.state = "storing";
        item.line = "All sent. The server is storing it…";
        return;
      }
      const speed = rate.bytesPerSecond();
      const parts = [percent(item.sent), speed === null ? null : `${bytes(speed)}/s`, remaining(rate.secondsFor(item.size - sent))];
      item.line = parts.filter(Boolean).join(" · ");
    },

    stopped(item: UploadItem, error: unknown): void {
      if (error instanceof DOMException && error.name === "AbortError") {
        Object.assign(item, { state: "cancelled", line: "Cancelled." });
        return;
      }
      Object.assign(item, { state: "failed", line: bytes(item.size), error: wordsOf(error) });
      if (!this.items.some(({ state }) => state === "staged")) leaveIfSignedOut(error);
    },
  };
}

import type { VideoStatus } from "../shared/api";
import { bytes } from "../shared/format";
import { peek, wordsOf } from "./client";
import { detailPage } from "./pages";
import type { Tone } from "./status";
import type { Inbox, InboxFile } from "./upload-shapes";

const POLL_MS = 5000;

const BADGES: Record<InboxFile["state"], { text: string; tone: Tone }> = {
  failed: { text: "Stays in the inbox", tone: "danger" },
  taking: { text: "Being taken", tone: "working" },
  waiting: { text: "Waiting", tone: "plain" },
  accepted: { text: "A video", tone: "success" },
};

const OUTCOMES: Partial<Record<VideoStatus, { text: string; tone: Tone }>> = {
  pending: { text: "Being made ready", tone: "working" },
  processing: { text: "Being made ready", tone: "working" },
  failed: { text: "Not made ready", tone: "danger" },
};

/** Whether it has not become something that can be watched: itself, or the video that was made of it. */
export function isLost(file: InboxFile): boolean {
  return file.state === "failed" || file.video_status === "failed";
}

/** What to say of a file in the inbox beside its state. */
export function inboxLine(file: InboxFile, settleSeconds: number): string {
  if (isLost(file)) return file.error_message ?? "It can't become a video.";
  if (file.state === "taking" && file.error_message !== null) return `${file.error_message} It is tried again.`;
  if (file.state === "waiting") return `${bytes(file.size_bytes)} · taken when it has stood still for ${settleSeconds} s`;
  return bytes(file.size_bytes);
}

/** Alpine component: the folder whose files become videos by themselves. */
export function inbox() {
  return {
    inbox: null as Inbox | null,
    error: "",

    init(): void {
      void this.load();
      window.setInterval(() => document.visibilityState === "visible" && void this.load(), POLL_MS);
    },
    async load(): Promise<void> {
      try {
        this.inbox = await peek("GET /api/inbox");
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    get files(): InboxFile[] {
      return this.inbox?.files ?? [];
    },
    get folder(): string {
      return this.inbox?.folder ?? "";
    },
    get state(): "loading" | "error" | "off" | "empty" | "list" {
      if (this.inbox === null) return this.error === "" ? "loading" : "error";
      if (this.files.length > 0) return "list";
      return this.inbox.is_on ? "empty" : "off";
    },
    get countText(): string {
      const failed = this.files.filter(isLost).length;
      return failed === 0 ? "" : `${failed} ${failed === 1 ? "file" : "files"} can't become a video`;
    },
    badge: (file: InboxFile) => (file.video_status === null ? null : OUTCOMES[file.video_status]) ?? BADGES[file.state],
    lost: isLost,
    line(file: InboxFile): string {
      return inboxLine(file, this.inbox?.settle_seconds ?? 0);
    },
    href: (file: InboxFile) => (file.video_id === null ? "" : detailPage(file.video_id)),
  };
}

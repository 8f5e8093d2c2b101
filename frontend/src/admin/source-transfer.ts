import { wordsOf } from "./client";
import { ask } from "./confirm";
import { toast } from "./toast";
import { terminate, openTusTransfer } from "./tus-transfer";
import { isBusy, newItem, progressText, sentPercent } from "./upload-item";
import { forget } from "./upload-memory";
import { Runs } from "./upload-runs";
import type { UploadItem } from "./upload-shapes";

interface Host {
  transfer: UploadItem | null;
  begin(file: File, title: string): void;
  startTransfer(): void;
}

/** Part of the source panel: another source on its way to the server, which can be interrupted and goes on. */
export function sourceTransfer(videoId: number, onDone: () => void) {
  // The file and its transfer stay outside Alpine's proxies, which they do not survive.
  let file: File | null = null;
  let end: (item: UploadItem) => void = () => undefined;
  const runs = new Runs(openTusTransfer, (item) => end(item), Math.random);

  return {
    transfer: null as UploadItem | null,

    isMoving(this: Host): boolean {
      return this.transfer !== null && isBusy(this.transfer);
    },
    begin(this: Host, chosen: File, title: string): void {
      file = chosen;
      this.transfer = { ...newItem(chosen.name, chosen.size, title), replaces: videoId };
      end = (item) => {
        if (item.state !== "done") return;
        if (item.uploadId !== null) forget(item.uploadId);
        this.transfer = null;
        toast("The source is replaced; the other version is being made.");
        onDone();
      };
      this.startTransfer();
    },
    startTransfer(this: Host): void {
      // As the page holds it: what the transfer writes into it is shown.
      if (this.transfer !== null && file !== null) runs.start(this.transfer, file);
    },
    pauseTransfer(this: Host): void {
      if (this.transfer === null) return;
      runs.stop(this.transfer);
      Object.assign(this.transfer, { state: "paused", line: "Paused", rate: null });
    },
    /** The network is back: no need to wait longer. */
    hurryTransfer(this: Host): void {
      if (this.transfer?.state === "retrying") this.startTransfer();
    },
    async cancelTransfer(this: Host): Promise<void> {
      const sure = await ask({ title: "Cancel the upload?", text: "What has been sent of it is thrown away. The video stays as it is.", action: "Cancel the upload", danger: true });
      const item = this.transfer;
      if (!sure || item === null || item.state === "storing") return;
      runs.stop(item);
      this.transfer = null;
      if (item.uploadId === null) return;
      forget(item.uploadId);
      try {
        await terminate(item.uploadId);
      } catch (error) {
        toast(wordsOf(error), "error");
      }
    },
    transferText: (item: UploadItem | null) => (item === null ? "" : item.error || progressText(item)),
    transferPercent: (item: UploadItem | null) => (item === null ? 0 : sentPercent(item)),
    canPauseTransfer: (item: UploadItem | null) => item?.state === "sending" || item?.state === "retrying",
    canResumeTransfer: (item: UploadItem | null) => item?.state === "paused" || item?.state === "failed",
    canCancelTransfer: (item: UploadItem | null) => item !== null && item.state !== "storing",
  };
}

import { bytes, percent, remaining } from "../shared/format";
import type { VideoChanges } from "./shapes";
import { titleFromFileName } from "./title";
import type { ItemState, UploadItem, Wish } from "./upload-shapes";

const RUNNING: readonly ItemState[] = ["sending", "storing", "retrying"];
let lastKey = 0;

export function newItem(name: string, size: number, title = titleFromFileName(name)): UploadItem {
  lastKey += 1;
  return {
    key: lastKey, name, size, title, description: "", category: "", publish: true, uploadId: null, told: null,
    state: "staged", sent: 0, rate: null, line: "", error: "", editing: false, videoId: null, badge: null, work: null,
  };
}

/** It has one of the places. */
export function isRunning({ state }: Pick<UploadItem, "state">): boolean {
  return RUNNING.includes(state);
}

/** It would stop if the page were left. */
export function isBusy(item: Pick<UploadItem, "state">): boolean {
  return item.state === "waiting" || isRunning(item);
}

export function wishOf({ title, description, category, publish }: Wish): Wish {
  return { title: title.trim(), description, category, publish };
}

export function sentPercent({ sent, size }: Pick<UploadItem, "sent" | "size">): number {
  return size === 0 ? 0 : Math.min(100, (sent / size) * 100);
}

/** "41 % of 2.0 GB · 12 MB/s · about 2 minutes left" */
export function progressText(item: UploadItem): string {
  const { state, size, sent, rate, line } = item;
  const amount = `${percent(sentPercent(item))} of ${bytes(size)}`;
  if (state === "staged" || (state === "failed" && sent === 0)) return bytes(size);
  if (state === "done") return line === "" ? `${bytes(size)} uploaded` : line;
  if (state === "storing") return "All sent. The server is storing it…";
  if (state === "waiting" && sent === 0) return `${bytes(size)} · ${line}`;
  const speed = rate === null ? null : `${bytes(rate)}/s`;
  const left = rate === null || rate <= 0 ? null : remaining((size - sent) / rate);
  return [amount, speed, left, line].filter((part) => part !== null && part !== "").join(" · ");
}

/** What all that is not over amounts to; null when there is nothing to sum up. */
export function summaryOf(items: readonly UploadItem[]): string | null {
  const open = items.filter((item) => isBusy(item) || item.state === "paused");
  if (open.length < 2) return null;
  const size = open.reduce((sum, item) => sum + item.size, 0);
  const sent = open.reduce((sum, item) => sum + item.sent, 0);
  const rate = open.reduce((sum, item) => sum + (item.rate ?? 0), 0);
  const parts = [`${open.length} uploads`, `${percent(sentPercent({ sent, size }))} of ${bytes(size)}`];
  if (rate > 0) parts.push(`${bytes(rate)}/s`, remaining((size - sent) / rate) ?? "");
  return parts.filter(Boolean).join(" · ");
}

/** What the finished video must still be told: wishes that changed after the server was told. */
export function lateChanges(item: Wish, told: Wish): { edit: VideoChanges; publish: boolean | null } {
  const edit: VideoChanges = {};
  const now = wishOf(item);
  if (now.title !== told.title.trim() && now.title !== "") edit.title = now.title;
  if (now.description !== told.description) edit.description = now.description;
  if (now.category !== told.category) edit.category_id = now.category === "" ? null : Number(now.category);
  return { edit, publish: now.publish === told.publish ? null : now.publish };
}

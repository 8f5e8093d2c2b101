import { bytes, day } from "../shared/format";
import type { Forecast } from "./api-types";
import { videosText } from "./bulk";

const DAY_MS = 86_400_000;

/** When a deleted video goes for good: a day, or that it is kept. */
export function purgesAt(deletedAt: string | null, retentionDays: number): string {
  if (deletedAt === null || retentionDays === 0) return "kept";
  return day(new Date(Date.parse(deletedAt) + retentionDays * DAY_MS).toISOString());
}

/** What somebody should know who keeps deleted videos; "" when all goes by itself. */
export function warningOf({ due_count, due_size_bytes, is_stopped, limit }: Forecast): string {
  if (due_count === 0) return "";
  const due = `${videosText(due_count)} (${bytes(due_size_bytes)})`;
  if (!is_stopped) return `The time of ${due} is over: ${due_count === 1 ? "it goes" : "they go"} within the hour.`;
  return `The time of ${due} is over. That is more than ${limit} at once, so nothing goes by itself: a clock or a setting may be wrong. Look first.`;
}

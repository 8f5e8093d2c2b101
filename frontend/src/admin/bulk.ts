import type { BulkAnswer, BulkResult, Operations } from "./api-types";
import { call } from "./client";
import { batches } from "./selection";
import type { ListedVideo } from "./shapes";

/** What the server takes at once. */
const MOST = 500;

type Deed = "delete" | "restore" | "publish" | "unpublish" | "update" | "tags" | "add-to-playlist" | "retranscode" | "custom-fields";
type More<D extends Deed> = Omit<Operations[`POST /api/videos/bulk/${D}`]["body"], "video_ids">;

/** Does something to any number of videos, in as many requests as that needs. */
export async function bulk<D extends Deed>(deed: D, ids: readonly number[], more?: More<D>): Promise<BulkResult[]> {
  const results: BulkResult[] = [];
  for (const video_ids of batches(ids, MOST)) {
    const body = { video_ids, ...more };
    // One name of the contract for each deed; TypeScript can't join the bodies of all of them.
    const ask = call as (name: string, parts: { body: unknown }) => Promise<BulkAnswer>;
    results.push(...(await ask(`POST /api/videos/bulk/${deed}`, { body })).results);
  }
  return results;
}

export function doneOf(results: readonly BulkResult[]): number[] {
  return results.filter(({ success }) => success).map(({ video_id }) => video_id);
}

export function videosText(count: number): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? "video" : "videos"}`;
}

/** Why some were left as they were, each reason once; "" when none was. */
export function refusals(results: readonly BulkResult[]): string {
  const reasons = new Map<string, number>();
  for (const { error } of results) if (error !== null) reasons.set(error.message, (reasons.get(error.message) ?? 0) + 1);
  return [...reasons].map(([reason, count]) => `${videosText(count)} left as before: ${reason}`).join(" ");
}

export interface Undo {
  deed: "update" | "tags";
  ids: number[];
  more: Record<string, unknown>;
}
export interface Changes {
  category_id?: number;
  visibility?: ListedVideo["visibility"];
  is_featured?: boolean;
}

/** What brings these videos back to how they were before such changes: one step for each value that there was. */
export function undoOf(before: readonly ListedVideo[], changes: Changes): Undo[] {
  const steps = new Map<string, Undo>();
  for (const video of before) {
    const more: Record<string, unknown> = {};
    if (changes.category_id !== undefined) more["category_id"] = video.category_id ?? 0;
    if (changes.visibility !== undefined) more["visibility"] = video.visibility;
    if (changes.is_featured !== undefined) more["is_featured"] = video.is_featured;
    const key = JSON.stringify(more);
    const step = steps.get(key) ?? { deed: "update" as const, ids: [], more };
    step.ids.push(video.id);
    steps.set(key, step);
  }
  return [...steps.values()];
}

/** The same for a tag that was given to videos or taken from them: those that it changed nothing for stay out. */
export function undoOfTag(before: readonly ListedVideo[], tagId: number, given: boolean): Undo[] {
  const ids = before.filter(({ tags }) => tags.some(({ id }) => id === tagId) !== given).map(({ id }) => id);
  if (ids.length === 0) return [];
  return [{ deed: "tags", ids, more: given ? { remove_tag_ids: [tagId] } : { add_tag_ids: [tagId] } }];
}

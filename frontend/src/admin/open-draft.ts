import { ApiError } from "../shared/api";
import { rebase, told, type Draft } from "./draft";

/** What a dialog edits while others may edit the same: `saved` is what the server had at `revision`. */
export interface OpenDraft<D> {
  draft: D;
  saved: D;
  revision: number;
}

/**
 * The same after somebody else has changed it: what was not touched follows, what was typed stays. `words` tell
 * what both have changed; "" when nothing.
 */
export function caughtUp<D extends object>(open: OpenDraft<D>, newer: D, revision: number, labels: Readonly<Record<string, string>>): OpenDraft<D> & { words: string } {
  // Typed by their pages; here they are names with values.
  const plain = (one: D): Draft => one as unknown as Draft;
  const { draft, clashes } = rebase(plain(open.draft), plain(open.saved), plain(newer));
  const theirs = clashes.map((name) => `${labels[name] ?? name}: “${told(plain(newer)[name])}”`).join("; ");
  const words = clashes.length === 0 ? "" : `Somebody else has changed this meanwhile. ${theirs}. Save again to put yours in its place.`;
  return { draft: draft as unknown as D, saved: newer, revision, words };
}

export function isMeanwhile(error: unknown): boolean {
  return error instanceof ApiError && error.problem.code === "edited_meanwhile";
}

/**
 * Saves; where somebody else was faster, catches up first. `catchUp` answers whether the rest may be saved by itself:
 * not when both have changed the same. Answers whether it is saved.
 */
export async function saveTogether(put: () => Promise<unknown>, catchUp: () => Promise<boolean>): Promise<boolean> {
  try {
    await put();
  } catch (error) {
    if (!isMeanwhile(error)) throw error;
    if (!(await catchUp())) return false;
    await put();
  }
  return true;
}

import { problemOf } from "../shared/api";
import { bytes } from "../shared/format";
import type { TransferProblem } from "./upload-shapes";

const MAX_WAIT_MS = 30_000;

/** retry: by itself, after a while. taken: somebody else goes on with it. failed: only a person can help. */
export type Verdict = "retry" | "taken" | "failed";

/** What to do about a problem: all that time may mend is tried again by itself. */
export function judge({ status, code }: TransferProblem): Verdict {
  if (code === "upload_taken") return "taken";
  if (status === 507) return "failed";
  if (status === 0 || status >= 500 || [404, 408, 409, 410, 423, 425, 429, 460].includes(status)) return "retry";
  // The page's token is renewed with the next request.
  return code === "csrf" ? "retry" : "failed";
}

/** Milliseconds before try `attempt` (from 0) since the last byte went through; `chance` in [0, 1) spreads tabs out. */
export function waitBefore(attempt: number, chance: number, retryAfterSeconds: number | null = null): number {
  if (retryAfterSeconds !== null) return Math.min(MAX_WAIT_MS * 4, retryAfterSeconds * 1000);
  return Math.min(MAX_WAIT_MS, 1000 * 2 ** attempt) * (0.75 + chance / 2);
}

function figure(details: unknown, name: string): number | null {
  const value = typeof details === "object" && details !== null ? (details as Record<string, unknown>)[name] : null;
  return typeof value === "number" ? value : null;
}

/** The server's sentence, with the figures that it gives for space. */
export function wordsOfProblem(status: number, body: unknown): string {
  if (status === 401) return "Your session has ended. Sign in again in another tab, then press “Try again”.";
  if (status === 413 && problemOf(body).detail === undefined) return "A proxy in between refuses requests of this size.";
  const said = problemOf(body).detail ?? (status >= 500 ? "The server is not answering." : `The server answered ${status}.`);
  const details = (body as { details?: unknown } | null)?.details ?? body;
  const free = figure(details, "free_bytes");
  const needed = figure(details, "needed_bytes");
  return free === null || needed === null ? said : `${said} It needs ${bytes(needed)}; ${bytes(free)} are free.`;
}

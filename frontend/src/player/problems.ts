import { t } from "../shared/words";

/** Why playback stopped, in words for the person who watches. `detail` is for the one who is asked for help. */
export class PlaybackProblem extends Error {
  constructor(
    readonly kind: ProblemKind,
    readonly detail: string,
  ) {
    super(WORDS[kind]);
  }
}

export type ProblemKind = "connection" | "gone" | "server" | "unsupported" | "broken" | "unknown";

const WORDS: Record<ProblemKind, string> = {
  connection: t("The connection was lost. Check your network, then try again."),
  gone: t("This video is not available any more."),
  server: t("The server is busy or being restarted. Try again in a moment."),
  unsupported: t("This browser cannot play this video. A current Chrome, Edge, Firefox or Safari can."),
  broken: t("A part of this video could not be decoded."),
  unknown: t("The video stopped for a reason we could not find out."),
};

/** The fields of a Shaka Player error that matter here (shaka.util.Error). */
export interface ShakaErrorLike {
  code: number;
  category: number;
  data?: readonly unknown[];
}

// shaka.util.Error.Code; the numbers are part of its public interface.
const BAD_HTTP_STATUS = 1001;
const HTTP_ERROR = 1002;
const TIMEOUT = 1003;
const LOAD_INTERRUPTED = 7000;
const OPERATION_ABORTED = 7001;
const UNSUPPORTED = new Set([1014, 4032, 4038, 5005, 5006, 6001]);
const MEDIA_CATEGORY = 3;

/** A load that was replaced by a newer one: nothing went wrong. */
export function isInterruption(error: ShakaErrorLike): boolean {
  return error.code === LOAD_INTERRUPTED || error.code === OPERATION_ABORTED;
}

export function kindOfShakaError(error: ShakaErrorLike): ProblemKind {
  if (error.code === BAD_HTTP_STATUS) return kindOfStatus(Number(error.data?.[1]));
  if (error.code === HTTP_ERROR || error.code === TIMEOUT) return "connection";
  if (UNSUPPORTED.has(error.code)) return "unsupported";
  if (error.category === MEDIA_CATEGORY) return "broken";
  return "unknown";
}

function kindOfStatus(status: number): ProblemKind {
  if (status === 404 || status === 410 || status === 401 || status === 403) return "gone";
  return status >= 500 || status === 429 ? "server" : "unknown";
}

/** MediaError.code of a <video> that plays by itself. */
export function kindOfMediaError(code: number | undefined): ProblemKind {
  if (code === 2) return "connection";
  if (code === 3) return "broken";
  return code === 4 ? "unsupported" : "unknown";
}

/** Whether waiting may help: those problems are retried quietly before anyone is told. */
export function mayPass(kind: ProblemKind): boolean {
  return kind === "connection" || kind === "server";
}

export const MAX_QUIET_RETRIES = 5;

/** Seconds before the quiet retry `attempt` (from 0): 1, 2, 4, 8, 10. */
export function retryDelaySeconds(attempt: number): number {
  return Math.min(10, 2 ** attempt);
}

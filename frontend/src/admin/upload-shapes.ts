/** What the server says of resumable uploads and of its inbox, and what a row of the queue holds. */
import type { Tone } from "./status";

export type { Inbox, InboxFile, UploadView as ServerUpload } from "./api-types";

/** What shall become of a file. A select speaks strings: "" is no category. */
export interface Wish {
  title: string;
  description: string;
  category: string;
  publish: boolean;
}

/**
 * staged      chosen, not begun
 * waiting     for a free place
 * sending     bytes go out
 * storing     all of them are out; the server makes a video of them
 * retrying    the connection broke; it is tried again in a moment
 * paused      by its owner
 * unfinished  begun on another page: only its owner can choose the file again
 * elsewhere   somebody else is sending it just now
 * done        a video
 * failed      for a reason
 */
export type ItemState =
  | "staged" | "waiting" | "sending" | "storing" | "retrying" | "paused" | "unfinished" | "elsewhere" | "done" | "failed";

export interface UploadItem extends Wish {
  key: number;
  name: string;
  size: number;
  /** The server's name for it, once it has begun. */
  uploadId: string | null;
  /** The video whose source it takes the place of; without it, it becomes one of its own. */
  replaces?: number;
  /** What the server was told when it began; later changes are told to the video. */
  told: Wish | null;
  state: ItemState;
  sent: number;
  /** Bytes per second, while it can be told. */
  rate: number | null;
  line: string;
  error: string;
  editing: boolean;
  videoId: number | null;
  badge: { text: string; tone: Tone } | null;
  /** How far the video is, while it is being made ready. */
  work: number | null;
}

export interface TransferProblem {
  /** 0 when there was no answer. */
  status: number;
  code: string;
  words: string;
  retryAfterSeconds: number | null;
}

export interface TransferHooks {
  /** The server knows the upload by this name from now on. */
  onBegun(uploadId: string): void;
  onProgress(sent: number): void;
  onDone(videoId: number): void;
  onProblem(problem: TransferProblem): void;
}

/** Sends one file, from where the server has got to. What was stopped can be started again. */
export interface Transfer {
  start(): void;
  stop(): void;
}

export type OpenTransfer = (file: File, item: Wish & { name: string; uploadId: string | null; replaces?: number }, hooks: TransferHooks) => Transfer;

import { DetailedError, Upload, type HttpRequest, type HttpResponse } from "tus-js-client";
import { ApiError, problemOf, request } from "../shared/api";
import { csrfToken, forgetCsrfToken, peek, wordsOf } from "./client";
import type { OpenTransfer, TransferProblem, Wish } from "./upload-shapes";
import { wordsOfProblem } from "./upload-problem";

export const UPLOADS = "/api/uploads";
/** Proxies limit request bodies (often to 100 MB), and a file is never read as a whole: the browser sends slices. */
const CHUNK_BYTES = 64 * 1024 * 1024;
const OUTCOME_POLL_MS = 1000;

/** The upload's name in its address. */
export function idOf(address: string): string {
  return address.slice(address.lastIndexOf("/") + 1);
}

/** What the server is told with the first request (tus 1.0, Upload-Metadata). */
export function metadataOf(name: string, { title, description, category, publish, replaces }: Wish & { replaces?: number }): Record<string, string> {
  const metadata: Record<string, string> = { filename: name, title: title.trim(), publish: String(publish) };
  if (description.trim() !== "") metadata["description"] = description;
  if (category !== "") metadata["category_id"] = category;
  if (replaces !== undefined) metadata["replaces"] = String(replaces);
  return metadata;
}

/** Random enough to tell two requests apart, also where the page has no secure origin. */
function requestKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function problemFrom(error: unknown): TransferProblem {
  if (error instanceof ApiError) {
    return { status: error.status, code: error.problem.code ?? "", words: wordsOfProblem(error.status, error.problem), retryAfterSeconds: null };
  }
  const response = error instanceof DetailedError ? error.originalResponse : null;
  if (response === null) {
    if (error instanceof DetailedError && error.causingError instanceof ApiError) return problemFrom(error.causingError);
    const words = error instanceof DetailedError ? "The connection broke." : wordsOf(error);
    return { status: error instanceof DetailedError ? 0 : 422, code: "", words, retryAfterSeconds: null };
  }
  let body: unknown = null;
  try {
    body = JSON.parse(response.getBody());
  } catch {
    // An answer of a proxy, or none: the status has to do.
  }
  const wait = Number(response.getHeader("Retry-After") ?? NaN);
  return {
    status: response.getStatus(),
    code: problemOf(body).code ?? "",
    words: wordsOfProblem(response.getStatus(), body),
    retryAfterSeconds: Number.isFinite(wait) ? wait : null,
  };
}

/** Gives an upload up (tus 1.0, Termination); that the server no longer knows it is as good. */
export async function terminate(uploadId: string): Promise<void> {
  const headers = { "Tus-Resumable": "1.0.0", "X-CSRF-Token": await csrfToken() };
  try {
    await request(`${UPLOADS}/${uploadId}`, { method: "DELETE", headers });
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 410)) throw error;
  }
}

/** A transfer by tus-js-client. It resumes; when to try again is the queue's business. */
export const openTusTransfer: OpenTransfer = (file, item, hooks) => {
  let idempotencyKey = requestKey();
  // Each start is a run of its own: what an earlier one still has to say is of no interest.
  let run = 0;
  let address = item.uploadId === null ? null : `${UPLOADS}/${item.uploadId}`;
  let current: Upload | null = null;

  function start(): void {
    run += 1;
    const mine = run;
    const ifMine = (work: () => void): void => void (mine === run && work());
    // A login in another tab changes the token.
    forgetCsrfToken();
    const upload = new Upload(file, {
      endpoint: UPLOADS,
      uploadUrl: address,
      chunkSize: CHUNK_BYTES,
      retryDelays: null,
      storeFingerprintForResuming: false,
      metadata: metadataOf(item.name, item),
      onBeforeRequest: prepare,
      onAfterResponse: (_, response) => ifMine(() => note(response)),
      onUploadUrlAvailable: () => ifMine(() => begun(upload.url)),
      onProgress: (sent) => ifMine(() => hooks.onProgress(sent)),
      onSuccess: () => ifMine(() => void outcome(mine)),
      onError: (error) => ifMine(() => hooks.onProblem(problemFrom(error))),
    });
    current = upload;
    upload.start();
  }

  async function prepare(request: HttpRequest): Promise<void> {
    const method = request.getMethod();
    if (method === "HEAD") return;
    request.setHeader("X-CSRF-Token", await csrfToken());
    if (method === "POST") request.setHeader("Idempotency-Key", idempotencyKey);
  }

  let videoId: number | null = null;
  function note(response: HttpResponse): void {
    const made = Number(response.getHeader("Vlog-Video-Id") ?? NaN);
    if (Number.isInteger(made)) videoId = made;
  }

  function begun(url: string | null): void {
    if (url === null) return;
    address = url;
    // Should the server forget this upload, what is begun then is another one.
    idempotencyKey = requestKey();
    hooks.onBegun(idOf(url));
  }

  /** All bytes are there. The answer that named the video may be lost: then the server is asked what came of them. */
  async function outcome(mine: number): Promise<void> {
    try {
      while (mine === run && videoId === null) {
        const path = { upload_id: idOf(address ?? "") };
        const found = await peek("GET /api/uploads/{upload_id}", { path });
        videoId = found.video_id;
        if (found.state === "failed") throw new Error(found.error_message ?? "The server could not make a video of it.");
        if (videoId === null) await new Promise((resolve) => setTimeout(resolve, OUTCOME_POLL_MS));
      }
      if (mine === run && videoId !== null) hooks.onDone(videoId);
    } catch (error) {
      if (mine === run) hooks.onProblem(problemFrom(error));
    }
  }

  function stop(): void {
    run += 1;
    void current?.abort();
    current = null;
  }

  return { start, stop };
};

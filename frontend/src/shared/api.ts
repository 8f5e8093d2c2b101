/** The HTTP API as these pages use it: the shapes of both doors, and one way to ask. */

export type VideoStatus = "pending" | "processing" | "ready" | "failed";

export interface Rendition {
  name: string;
  status: string;
  progress: number;
}

/** GET /api/videos/{slug}/progress */
export interface PublicProgress {
  status: VideoStatus;
  current_step: string | null;
  progress_percent: number;
  eta_seconds: number | null;
  playable_seconds: number | null;
  qualities: Rendition[];
  attempt: number;
  max_attempts: number;
  started_at: string | null;
  last_error: string | null;
}

export interface PublicQuality {
  quality: string;
  width: number;
  height: number;
  bitrate: number;
}

/** GET /api/videos/{slug}: the fields the watch page reads. */
export interface PublicVideo {
  id: number;
  title: string;
  slug: string;
  status: VideoStatus;
  duration: number | null;
  thumbnail_url: string | null;
  stream_url: string | null;
  dash_url: string | null;
  error_message: string | null;
  qualities: PublicQuality[];
}

/** RFC 9457 problem+json with a stable code. */
export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  request_id?: string;
}

/** A request that got an answer, and the answer was no; or got none (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail ?? problem.title ?? (status === 0 ? "The server cannot be reached." : `The server answered ${status}.`));
  }
}

/** Reads a problem from a body that may be anything. */
export function problemOf(body: unknown): Problem {
  if (typeof body !== "object" || body === null) return {};
  const known = body as Record<string, unknown>;
  const problem: Problem = {};
  for (const key of ["title", "detail", "code", "request_id"] as const) {
    const value = known[key];
    if (typeof value === "string") problem[key] = value;
  }
  return problem;
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

/** Sends a request and answers its JSON; throws ApiError for every other end. */
export async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init, headers: { Accept: "application/json", ...init.headers } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, {});
  }
  const body = await bodyOf(response);
  if (!response.ok) throw new ApiError(response.status, problemOf(body));
  return body as T;
}

export function publicProgress(slug: string): Promise<PublicProgress> {
  return request(`/api/videos/${encodeURIComponent(slug)}/progress`);
}

export function publicVideo(slug: string): Promise<PublicVideo> {
  return request(`/api/videos/${encodeURIComponent(slug)}`);
}

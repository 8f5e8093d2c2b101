import type { Operations, Progress, QualityItem, QualityProgress, VideoDetail } from "./api-types";
import { target, type Answer, type Given, type Parts } from "./operations";
import { t } from "./words";

/** The HTTP API as these pages use it: the shapes of both doors, and one way to ask. */

export type PublicProgress = Progress;
export type PublicVideo = VideoDetail;
export type PublicQuality = QualityItem;
export type Rendition = QualityProgress;
export type VideoStatus = VideoDetail["status"];

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
    super(problem.detail ?? problem.title ?? (status === 0 ? t("The server cannot be reached.") : t("The server answered %(status)s.", { status })));
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

/** Asks for an operation of the public API by its name in the contract. */
export function ask<K extends keyof Operations>(name: K, ...[parts]: Given<Operations[K]>): Promise<Answer<Operations[K]>> {
  return request(target(name, (parts ?? {}) as Parts).address);
}

export function publicProgress(slug: string): Promise<PublicProgress> {
  return ask("GET /api/videos/{slug}/progress", { path: { slug } });
}

export function publicVideo(slug: string): Promise<PublicVideo> {
  return ask("GET /api/videos/{slug}", { path: { slug } });
}

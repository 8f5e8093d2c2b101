import { ApiError, request } from "../shared/api";
import { target, type Answer, type Given, type Parts } from "../shared/operations";
import type { CsrfToken, Operations } from "./api-types";
import { loginPage } from "./pages";

/** Talks to the admin API with this browser's session: CSRF token on whatever changes something, login when it ended. */

let csrf: Promise<string> | null = null;

export function csrfToken(): Promise<string> {
  if (csrf === null) {
    csrf = request<CsrfToken>("/api/auth/csrf-token").then(({ csrf_token }) => csrf_token ?? "");
    csrf.catch(forgetCsrfToken);
  }
  return csrf;
}

export function forgetCsrfToken(): void {
  csrf = null;
}

/** Leaves for the login page when the session is over. */
export function leaveIfSignedOut(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) location.assign(loginPage(location.pathname + location.search));
}

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = {};
  if (method !== "GET") headers["X-CSRF-Token"] = await csrfToken();
  // A form or a file names its own type, because only the browser knows what parts its fields.
  const isMade = body instanceof FormData || body instanceof Blob;
  if (body !== undefined && !isMade) headers["Content-Type"] = "application/json";
  return request<T>(path, { method, headers, ...(body === undefined ? {} : { body: isMade ? body : JSON.stringify(body) }) });
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  try {
    try {
      return await send<T>(method, path, body);
    } catch (error) {
      // A login in another tab changes the token: one fresh try.
      if (method === "GET" || !(error instanceof ApiError) || error.status !== 403) throw error;
      forgetCsrfToken();
      return await send<T>(method, path, body);
    }
  } catch (error) {
    leaveIfSignedOut(error);
    throw error;
  }
}

/** Asks for an operation of the admin API by its name in the contract: `call("GET /api/videos/{video_id}", { path })`. */
export function call<K extends keyof Operations>(name: K, ...[parts]: Given<Operations[K]>): Promise<Answer<Operations[K]>> {
  const said = (parts ?? {}) as Parts;
  const { method, address } = target(name, said);
  return ask(method, address, said.body);
}

/** `call` for what is looked at in passing: the end of the session does not take the page away from under its user. */
export function peek<K extends keyof Operations & `GET ${string}`>(name: K, ...[parts]: Given<Operations[K]>): Promise<Answer<Operations[K]>> {
  return request(target(name, (parts ?? {}) as Parts).address);
}

export const client = {
  get: <T>(path: string): Promise<T> => ask<T>("GET", path),
  post: <T>(path: string, body?: unknown): Promise<T> => ask<T>("POST", path, body),
  put: <T>(path: string, body: unknown): Promise<T> => ask<T>("PUT", path, body),
  delete: <T>(path: string): Promise<T> => ask<T>("DELETE", path),
};

/** The sentence to show for whatever went wrong. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}

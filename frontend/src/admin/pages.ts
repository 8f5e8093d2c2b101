/** Addresses of the admin pages: the one place that knows them. */
export const LIST = "/";
export const LOGIN = "/login";

export function detailPage(videoId: number): string {
  return `/video/${videoId}`;
}

/** The login page that leads back to an address of this site afterwards. */
export function loginPage(from: string): string {
  return from === LIST || from.startsWith(LOGIN) ? LOGIN : `${LOGIN}?next=${encodeURIComponent(from)}`;
}

/** Where to go after login: a path on this origin and nothing else, whatever the address says. */
export function safeNext(next: string | null, origin: string): string {
  if (next === null || !next.startsWith("/")) return LIST;
  try {
    const url = new URL(next, origin);
    return url.origin === origin ? url.pathname + url.search + url.hash : LIST;
  } catch {
    return LIST;
  }
}

/** Addresses of the admin pages: the one place that knows them. */
export const HOME = "/";
export const ARCHIVE = "/archive";
export const LOGIN = "/login";

export function detailPage(videoId: number): string {
  return `/video/${videoId}`;
}

export interface PublicSite {
  /** Its address, empty when nobody has told it. */
  url: string;
  port: string;
}

/** Where the public site is, as the page says it. */
export function publicSiteOf(element: HTMLElement): PublicSite {
  return { url: element.dataset["publicUrl"] ?? "", port: element.dataset["publicPort"] ?? "" };
}

/** The page on which visitors watch a video; without a told address, on the host by which this page was reached. */
export function watchPage(slug: string, site: PublicSite, here: { protocol: string; hostname: string }): string {
  const base = site.url !== "" ? site.url : `${here.protocol}//${here.hostname}:${site.port}`;
  return `${base}/watch/${encodeURIComponent(slug)}`;
}

/** The login page that leads back to an address of this site afterwards. */
export function loginPage(from: string): string {
  return from === HOME || from.startsWith(LOGIN) ? LOGIN : `${LOGIN}?next=${encodeURIComponent(from)}`;
}

/** Where to go after login: a path on this origin and nothing else, whatever the address says. */
export function safeNext(next: string | null, origin: string): string {
  if (next === null || !next.startsWith("/")) return HOME;
  try {
    const url = new URL(next, origin);
    // "/.//x" is this origin's path "//x", which read once more by itself names the host x.
    const isOurs = url.origin === origin && !url.pathname.startsWith("//");
    return isOurs ? url.pathname + url.search + url.hash : HOME;
  } catch {
    return HOME;
  }
}

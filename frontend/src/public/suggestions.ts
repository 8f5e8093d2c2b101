import { request } from "../shared/api";

/** GET /api/search/suggestions */
export interface Suggestions {
  words: string[];
  videos: { title: string; slug: string }[];
  corrected: string | null;
}

/** One line of the list: a search, or a video to go to. */
export interface Option {
  kind: "search" | "video";
  text: string;
  href: string;
}

export function searchAddress(words: string): string {
  return `/search?${new URLSearchParams({ search: words }).toString()}`;
}

/** The lines for what was typed: its last word completed, then videos. */
export function optionsFor(typed: string, found: Suggestions): Option[] {
  const begun = typed.trimStart().replace(/\S+$/, "");
  const searches = [...new Set([...(found.corrected === null ? [] : [found.corrected]), ...found.words.map((word) => begun + word)])];
  return [
    ...searches.slice(0, 6).map((text): Option => ({ kind: "search", text, href: searchAddress(text) })),
    ...found.videos.map(({ title, slug }): Option => ({ kind: "video", text: title, href: `/watch/${slug}` })),
  ];
}

/** Which line a key leads to; -1 is the field itself. */
export function nextOption(key: string, current: number, count: number): number | null {
  if (count === 0) return null;
  if (key === "ArrowDown") return current + 1 >= count ? -1 : current + 1;
  if (key === "ArrowUp") return current === -1 ? count - 1 : current - 1;
  return null;
}

export function fetchSuggestions(typed: string, signal: AbortSignal): Promise<Suggestions> {
  return request(`/api/search/suggestions?${new URLSearchParams({ q: typed }).toString()}`, { signal });
}

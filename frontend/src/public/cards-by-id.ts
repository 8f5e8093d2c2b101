import { ApiError } from "../shared/api";

const AT_ONCE = 20;

/** The cards of these videos in their order; videos that are gone are left out. */
export async function cardsOf(ids: readonly string[]): Promise<HTMLElement[]> {
  const cards: HTMLElement[] = [];
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const response = await fetch(`/cards?ids=${ids.slice(start, start + AT_ONCE).join(",")}`);
    if (!response.ok) throw new ApiError(response.status, {});
    cards.push(...cardsIn(await response.text(), "[data-video-grid]"));
  }
  return cards;
}

/** The items of a list in a page of this site, as elements of this document. */
export function cardsIn(page: string, list: string): HTMLElement[] {
  const parsed = new DOMParser().parseFromString(page, "text/html");
  return [...parsed.querySelectorAll<HTMLElement>(`${list} > *`)].map((card) => document.adoptNode(card));
}

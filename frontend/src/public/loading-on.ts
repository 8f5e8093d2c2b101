/** How many pages load by themselves before a button asks: after that the foot of the page can be reached. */
const BY_ITSELF = 3;

export type Next = "load" | "ask" | "end";

/** What is to happen when the end of a list comes into sight. */
export function atTheEnd(pagesAdded: number, hasNext: boolean): Next {
  if (!hasNext) return "end";
  return pagesAdded < BY_ITSELF ? "load" : "ask";
}

/** Where somebody was in a list that had grown, kept in the history entry of the page. */
export interface Place {
  pages: number;
  y: number;
}

export function placeIn(state: unknown): Place | null {
  if (typeof state !== "object" || state === null || !("vlogPlace" in state)) return null;
  const place = state.vlogPlace as Partial<Place> | null;
  const isPlace = Number.isInteger(place?.pages) && Number.isFinite(place?.y) && (place?.pages ?? 0) > 0;
  return isPlace ? (place as Place) : null;
}

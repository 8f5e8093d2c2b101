/** Lists that people sort: by dragging a handle, by arrow keys on it, by buttons. The keys need no pointer, the buttons no drag. */

export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const rest = [...items];
  const [one] = rest.splice(from, 1);
  if (one !== undefined) rest.splice(to, 0, one);
  return rest;
}

/** Where a key on the handle of row `at` sends it; null for keys that mean nothing there. */
export function keyTarget(key: string, at: number, count: number): number | null {
  const wanted = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: count - 1 }[key];
  if (wanted === undefined) return null;
  return Math.min(count - 1, Math.max(0, wanted));
}

/** What a screen reader says after a move. */
export function placeWords(name: string, at: number, count: number): string {
  return `“${name}” is now number ${at + 1} of ${count}.`;
}

/** Where a row that is held with its middle at `middle` belongs among the middles of all rows, itself included. */
export function dropTarget(middles: readonly number[], from: number, middle: number): number {
  const others = middles.filter((_, at) => at !== from);
  return others.filter((other) => other < middle).length;
}

/** Row `id` was drawn elsewhere: the handle that moved it gets the focus back. */
export function refocus(list: HTMLElement, id: number | string, control = "[data-grip]"): void {
  requestAnimationFrame(() => list.querySelector<HTMLElement>(`[data-row-id="${id}"] ${control}`)?.focus());
}

/** Somebody holds a row with the pointer: nothing may move under it. */
export function isHeld(list: HTMLElement): boolean {
  return list.querySelector("[data-dragging]") !== null;
}

const EDGE_PX = 72;

/** Lets rows ([data-row-id], direct children) be dragged by their handles ([data-grip]); Escape puts one back. */
export function wireDragging(list: HTMLElement, drop: (from: number, to: number) => void): void {
  list.addEventListener("pointerdown", (event) => {
    const grip = (event.target as Element).closest<HTMLElement>("[data-grip]");
    const row = grip?.closest<HTMLElement>("[data-row-id]");
    if (!grip || !row || event.button !== 0) return;
    drag({ list, row, grip, drop }, event);
  });
}

interface Held {
  list: HTMLElement;
  row: HTMLElement;
  grip: HTMLElement;
  drop(from: number, to: number): void;
}

function drag({ list, row, grip, drop }: Held, start: PointerEvent): void {
  const rows = [...list.querySelectorAll<HTMLElement>(":scope > [data-row-id]")];
  const from = rows.indexOf(row);
  const over = new AbortController();
  const place = (one: HTMLElement): number => one.offsetTop + one.offsetHeight / 2;
  const middles = rows.map(place);
  const grabbed = start.clientY + scrollY;
  let to = from;

  function follow(event: PointerEvent): void {
    const by = event.clientY + scrollY - grabbed;
    if (Math.abs(by) < 4 && !row.hasAttribute("data-dragging")) return;
    row.toggleAttribute("data-dragging", true);
    row.style.translate = `0 ${by}px`;
    to = dropTarget(middles, from, place(row) + by);
    rows.forEach((one, at) => {
      if (one === row) return;
      const shift = at > from && at <= to ? -row.offsetHeight : at < from && at >= to ? row.offsetHeight : 0;
      one.style.translate = `0 ${shift}px`;
    });
    if (event.clientY < EDGE_PX) scrollBy(0, -12);
    else if (event.clientY > innerHeight - EDGE_PX) scrollBy(0, 12);
  }
  function end(isKept: boolean): void {
    over.abort();
    row.removeAttribute("data-dragging");
    for (const one of rows) one.style.translate = "";
    if (isKept && to !== from) drop(from, to);
  }

  grip.setPointerCapture(start.pointerId);
  const { signal } = over;
  grip.addEventListener("pointermove", follow, { signal });
  grip.addEventListener("pointerup", () => end(true), { signal });
  grip.addEventListener("pointercancel", () => end(false), { signal });
  addEventListener("keydown", (event) => event.key === "Escape" && end(false), { signal });
}

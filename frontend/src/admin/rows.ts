import { isTyping } from "../shared/dom";

export function toggledIn(names: readonly string[], name: string): string[] {
  return names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
}

/**
 * What was loaded, each row that is shown already as the very object that is shown, with what differs put into it:
 * inputs whose value is the same are left alone, and with them what somebody is typing there. `held`: a row that stays
 * as it is, because somebody is about to change it.
 */
export function merged<Row extends { id: number }>(shown: readonly Row[] | null, loaded: readonly Row[], held: number | null = null): Row[] {
  const before = new Map((shown ?? []).map((row) => [row.id, row]));
  return loaded.map((row) => {
    const known = before.get(row.id);
    if (known === undefined) return row;
    return row.id === held ? known : Object.assign(known, row);
  });
}

/** As many rows as are shown, and one page at least. */
export async function asManyAs<Row, Cursor>(count: number, ask: (cursor: Cursor | null) => Promise<[Row[], Cursor | null]>): Promise<[Row[], Cursor | null]> {
  const rows: Row[] = [];
  let next: Cursor | null = null;
  do {
    const [page, following]: [Row[], Cursor | null] = await ask(next);
    rows.push(...page);
    next = following;
  } while (next !== null && rows.length < count);
  return [rows, next];
}

/** Where J (+1) and K (−1) lead from a row; from none, to the first or the last. */
export function nextRow(at: number, step: 1 | -1, count: number): number {
  if (count === 0) return -1;
  if (at < 0) return step > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, at + step));
}

/** Keys of a table: J and K go from row to row (each row's link takes the focus), X selects, Shift+X up to here. */
export function wireRows(root: HTMLElement, choose: (id: number, event: { shiftKey: boolean }) => void): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const rows = [...root.querySelectorAll<HTMLElement>("[data-row]")];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") {
      const row = rows[nextRow(at, key === "j" ? 1 : -1, rows.length)];
      row?.querySelector<HTMLElement>("[data-row-link]")?.focus();
      row?.scrollIntoView({ block: "nearest" });
    } else if (key === "x" && at >= 0) choose(Number(rows[at]?.dataset["row"]), event);
    else return;
    event.preventDefault();
  });
}

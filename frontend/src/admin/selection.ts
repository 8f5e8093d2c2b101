/** Which rows of a list are selected: pure steps on lists of ids. */

export function toggled(chosen: readonly number[], id: number): number[] {
  return chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
}

/** Everything between the row that was touched last and this one, added; without a last row just this one. */
export function extended(chosen: readonly number[], shown: readonly number[], from: number | null, to: number): number[] {
  const [start, end] = [from === null ? -1 : shown.indexOf(from), shown.indexOf(to)];
  if (start < 0 || end < 0) return [...new Set([...chosen, to])];
  return [...new Set([...chosen, ...shown.slice(Math.min(start, end), Math.max(start, end) + 1)])];
}

export function allShown(chosen: readonly number[], shown: readonly number[]): boolean {
  return shown.length > 0 && shown.every((id) => chosen.includes(id));
}

/** The rows of all that is chosen, those that are shown before those that were collected; null when one is in neither. */
export function rowsOf<Row extends { id: number }>(chosen: readonly number[], collected: readonly Row[], shown: readonly Row[]): Row[] | null {
  const known = new Map([...collected, ...shown].map((row) => [row.id, row]));
  const rows = chosen.map((id) => known.get(id)).filter((row) => row !== undefined);
  return rows.length === chosen.length ? rows : null;
}

/** Parts of at most so many. */
export function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

import { noteWatched } from "../public/library-store";
import { readStored, writeStored } from "../shared/storage";

/** Where this browser stopped in which video: {id: [position, duration, when]}, kept here and nowhere else. */
export type Positions = Record<string, [position: number, duration: number, when: number]>;

export const POSITIONS_KEY = "vlog:positions";
const KEEP = 200;
const TOO_EARLY_SECONDS = 10;
const AS_GOOD_AS_OVER = 0.95;

export function parsePositions(text: string | null): Positions {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return {};
  const valid = Object.entries(parsed).filter(
    ([, entry]) => Array.isArray(entry) && entry.length === 3 && entry.every((part) => Number.isFinite(part)),
  );
  return Object.fromEntries(valid) as Positions;
}

/** Positions with one more; one that is worth nothing is forgotten, and so are the oldest beyond KEEP. */
export function remember(positions: Positions, id: string, entry: Positions[string]): Positions {
  const next = { ...positions };
  delete next[id];
  if (worthResuming(entry) !== null) next[id] = entry;
  const newest = Object.entries(next).sort(([, a], [, b]) => b[2] - a[2]);
  return Object.fromEntries(newest.slice(0, KEEP));
}

/** The second to continue from, or null near either end. */
export function worthResuming(entry: Positions[string] | undefined): number | null {
  if (entry === undefined) return null;
  const [position, duration] = entry;
  const over = duration > 0 && position >= duration * AS_GOOD_AS_OVER;
  return position < Math.min(TOO_EARLY_SECONDS, duration * 0.1) || over ? null : position;
}

/** 0–100, for the bar on a card; null when nothing is to be shown. */
export function watchedPercent(entry: Positions[string] | undefined): number | null {
  const position = worthResuming(entry);
  return position === null || entry === undefined || entry[1] <= 0 ? null : (position / entry[1]) * 100;
}

export function loadPositions(): Positions {
  return parsePositions(readStored(POSITIONS_KEY));
}

export function savePosition(id: string, position: number, duration: number): void {
  const next = remember(loadPositions(), id, [Math.floor(position), Math.round(duration), Date.now()]);
  writeStored(POSITIONS_KEY, JSON.stringify(next));
  noteWatched(id, position, duration);
}

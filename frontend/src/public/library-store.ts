import { readStored, writeStored } from "../shared/storage";

/** What this browser remembers of videos, here and nowhere else: what was watched, and what is to be watched later. */
export interface Library {
  /** By video id: when it was last watched (milliseconds), and the furthest point reached in percent. */
  history: Record<string, [when: number, percent: number]>;
  /** By video id: when it was put aside. */
  later: Record<string, number>;
}

export const LIBRARY_KEY = "vlog:library";
/** Tells the page that the library has changed (`CustomEvent` on `document`); other tabs hear of it by `storage`. */
export const LIBRARY_EVENT = "vlog:library";
export const DONE_PERCENT = 95;
const KEEP = 1000;
const FORMAT = "vlog-library";

export function emptyLibrary(): Library {
  return { history: {}, later: {} };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isId = (id: string): boolean => /^[1-9]\d{0,18}$/.test(id);
const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

/** A library from text that may be anything: what is not understood is left out. */
export function parseLibrary(text: string | null): Library {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "{}");
  } catch {
    return emptyLibrary();
  }
  const library = emptyLibrary();
  if (!isRecord(found)) return library;
  for (const [id, entry] of Object.entries(isRecord(found["history"]) ? found["history"] : {})) {
    const [when, percent] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (isId(id) && isTime(when) && isTime(percent)) library.history[id] = [when, Math.min(100, percent)];
  }
  for (const [id, when] of Object.entries(isRecord(found["later"]) ? found["later"] : {})) {
    if (isId(id) && isTime(when)) library.later[id] = when;
  }
  return library;
}

function newest<T>(entries: Record<string, T>, when: (entry: T) => number): Record<string, T> {
  const sorted = Object.entries(entries).sort(([, a], [, b]) => when(b) - when(a));
  return Object.fromEntries(sorted.slice(0, KEEP));
}

/** Both libraries as one: of each video the later moment and the further point. */
export function merged(mine: Library, other: Library): Library {
  const history = { ...mine.history };
  for (const [id, [when, percent]] of Object.entries(other.history)) {
    const known = history[id] ?? [0, 0];
    history[id] = [Math.max(known[0], when), Math.max(known[1], percent)];
  }
  const later = { ...mine.later };
  for (const [id, when] of Object.entries(other.later)) later[id] = Math.max(later[id] ?? 0, when);
  return { history: newest(history, ([when]) => when), later: newest(later, (when) => when) };
}

/** The library with one more moment of watching; how far one came is never forgotten by going back. */
export function watched(library: Library, id: string, percent: number, when: number): Library {
  const furthest = Math.max(library.history[id]?.[1] ?? 0, Math.min(100, Math.round(percent)));
  return { ...library, history: newest({ ...library.history, [id]: [when, furthest] }, ([moment]) => moment) };
}

/** The file that somebody takes along. */
export function exported(library: Library, now: Date): string {
  return JSON.stringify({ format: FORMAT, version: 1, exported_at: now.toISOString(), ...library }, null, 2);
}

/** What such a file holds; null when it is none. */
export function imported(text: string): Library | null {
  try {
    const found: unknown = JSON.parse(text);
    return isRecord(found) && found["format"] === FORMAT ? parseLibrary(text) : null;
  } catch {
    return null;
  }
}

export function loadLibrary(): Library {
  return parseLibrary(readStored(LIBRARY_KEY));
}

export function saveLibrary(library: Library): void {
  writeStored(LIBRARY_KEY, JSON.stringify(library));
  if (typeof document !== "undefined") document.dispatchEvent(new CustomEvent(LIBRARY_EVENT));
}

/** Remembers that a video was watched up to here. */
export function noteWatched(id: string, positionSeconds: number, durationSeconds: number): void {
  if (!isId(id) || !(durationSeconds > 0)) return;
  saveLibrary(watched(loadLibrary(), id, (positionSeconds / durationSeconds) * 100, Date.now()));
}

export function isDone(library: Library, id: string): boolean {
  return (library.history[id]?.[1] ?? 0) >= DONE_PERCENT;
}

export function isForLater(id: string): boolean {
  return id in loadLibrary().later;
}

/** Puts a video aside, or takes it from there; answers whether it is there now. */
export function toggleLater(id: string): boolean {
  const library = loadLibrary();
  const isThere = id in library.later;
  if (isThere) delete library.later[id];
  else library.later = newest({ ...library.later, [id]: Date.now() }, (when) => when);
  saveLibrary(library);
  return !isThere;
}

export function forget(list: keyof Library, id: string): void {
  const library = loadLibrary();
  delete library[list][id];
  saveLibrary(library);
}

/** Ids of a list, the last one first. */
export function idsOf(library: Library, list: keyof Library): string[] {
  const moment = (id: string): number => (list === "history" ? (library.history[id]?.[0] ?? 0) : (library.later[id] ?? 0));
  return Object.keys(library[list]).sort((a, b) => moment(b) - moment(a));
}

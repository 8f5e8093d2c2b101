/** Cuts an exported file into pieces that one request may bring; each is a whole file of its kind. */

export type FileKind = "csv" | "json" | "ndjson";

export const TYPES: Record<FileKind, string> = { csv: "text/csv", json: "application/json", ndjson: "application/x-ndjson" };
const ROWS = 200;
const CHARACTERS = 2_000_000;

export interface Pieces {
  pieces: string[];
  /** How many rows each piece has. */
  counts: number[];
}

/** By the end of the file's name; null when it is of none of these kinds. */
export function kindOf(name: string): FileKind | null {
  const found = /\.(csv|json|ndjson|jsonl)$/iu.exec(name)?.[1]?.toLowerCase();
  return found === "jsonl" ? "ndjson" : ((found as FileKind | undefined) ?? null);
}

/** Throws `SyntaxError` for JSON that is none. */
export function piecesOf(kind: FileKind, file: string): Pieces {
  const text = file.replace(/^\uFEFF/u, "");
  if (kind === "json") return ofDocument(JSON.parse(text));
  const [first = "", ...rest] = kind === "csv" ? records(text) : text.split("\n").filter((line) => line.trim() !== "");
  // The head of lines says where they come from; without one, the first line is a video.
  if (kind === "csv" || first.includes('"exported_at"')) return gathered(rest.filter(isVideo), (rows) => [first, ...rows].join("\n"));
  return gathered([first, ...rest].filter(isVideo), (rows) => rows.join("\n"));
}

function ofDocument(document: unknown): Pieces {
  const isList = Array.isArray(document);
  const head = isList ? {} : (document as { installation?: unknown });
  const videos = isList ? document : (document as { videos?: unknown } | null)?.videos;
  if (!Array.isArray(videos)) throw new SyntaxError("there is no list of videos");
  const installation = typeof head.installation === "string" ? { installation: head.installation } : {};
  const rows = videos.map((video: unknown) => JSON.stringify(video));
  return gathered(rows, (some) => `{"videos":[${some.join(",")}],${JSON.stringify(installation).slice(1)}`.replace(/,\}$/u, "}"));
}

function isVideo(line: string): boolean {
  return line.trim() !== "" && !/^\{"total_count":\s*\d+\}\s*$/u.test(line);
}

/** The lines of a table; a line break between quotes ends none. */
function records(text: string): string[] {
  const found: string[] = [];
  let pending = "";
  let isOpen = false;
  for (const line of text.split("\n")) {
    pending = isOpen ? `${pending}\n${line}` : line;
    if ((line.split('"').length - 1) % 2 === 1) isOpen = !isOpen;
    if (!isOpen) found.push(pending);
  }
  if (isOpen) found.push(pending);
  return found;
}

function gathered(rows: string[], whole: (rows: string[]) => string): Pieces {
  const found: Pieces = { pieces: [], counts: [] };
  let some: string[] = [];
  let length = 0;
  const close = (): void => {
    if (some.length === 0) return;
    found.pieces.push(whole(some));
    found.counts.push(some.length);
    some = [];
    length = 0;
  };
  for (const row of rows) {
    if (some.length >= ROWS || length + row.length > CHARACTERS) close();
    some.push(row);
    length += row.length;
  }
  close();
  return found;
}

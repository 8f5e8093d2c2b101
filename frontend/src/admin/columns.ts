import { readStored, writeStored } from "../shared/storage";

/** Columns of the list that can be shown or hidden; this browser remembers which. */
export const COLUMNS = [
  { name: "visibility", words: "Visibility" },
  { name: "category", words: "Category" },
  { name: "tags", words: "Tags" },
  { name: "duration", words: "Length" },
  { name: "views", words: "Views" },
  { name: "size", words: "Size" },
  { name: "date", words: "Added" },
] as const;

const KEY = "vlog.admin.columns";
const FIRST = ["category", "duration", "views", "date"];

export function columnsOf(stored: string | null): string[] {
  if (stored === null) return [...FIRST];
  const wanted = stored.split(",");
  return COLUMNS.map(({ name }) => name as string).filter((name) => wanted.includes(name));
}

export function rememberedColumns(): string[] {
  return columnsOf(readStored(KEY));
}

export function rememberColumns(columns: readonly string[]): void {
  writeStored(KEY, columns.join(","));
}

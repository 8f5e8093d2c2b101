import { readStored, writeStored } from "../shared/storage";
import type { UploadItem } from "./upload-shapes";

/** Which file an upload is of: remembered by this browser, so that the file is recognised when it is chosen again. */
export interface Remembered {
  name: string;
  size: number;
  lastModified: number;
}

const KEY = "vlog.uploads";
/** More than anybody has under way; the oldest go first. */
const MOST = 200;

function all(): Record<string, Remembered> {
  try {
    const stored: unknown = JSON.parse(readStored(KEY) ?? "{}");
    return typeof stored === "object" && stored !== null ? (stored as Record<string, Remembered>) : {};
  } catch {
    return {};
  }
}

export function remember(uploadId: string, { name, size, lastModified }: Remembered): void {
  const entries = Object.entries(all()).filter(([id]) => id !== uploadId);
  writeStored(KEY, JSON.stringify(Object.fromEntries([...entries.slice(1 - MOST), [uploadId, { name, size, lastModified }]])));
}

export function forget(uploadId: string): void {
  const kept = all();
  delete kept[uploadId];
  writeStored(KEY, JSON.stringify(kept));
}

export function remembered(uploadId: string): Remembered | null {
  return all()[uploadId] ?? null;
}

/** Whether `file` is what an unfinished upload is of. Where this browser did not begin it, name and size have to do. */
export function isSameFile(file: Remembered, item: Pick<UploadItem, "name" | "size">, known: Remembered | null): boolean {
  if (file.size !== item.size) return false;
  if (known === null) return file.name.normalize("NFC") === item.name.normalize("NFC");
  return file.name === known.name && file.lastModified === known.lastModified;
}

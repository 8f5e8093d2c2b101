import type { Forecast, StorageState } from "./api-types";
import { warningOf } from "./archive-words";
import { files, spaceOf } from "./storage-words";

export interface Matter {
  text: string;
  href: string;
  action: string;
}

/** What somebody should look at, most urgent first; nothing when all is well. */
export function attention(storage: StorageState | null, archive: Forecast | null): Matter[] {
  const matters: Matter[] = [];
  const look = { href: "/storage", action: "Look at the storage" };
  if (storage !== null) {
    for (const [name, part] of [["database", storage.database], ["storage", storage.storage]] as const) {
      if (part.state !== "ok") matters.push({ text: `The ${name} ${part.state === "failing" ? "does not work" : "can only be read"}: ${part.reason ?? "nobody knows why."}`, ...look });
    }
    if (spaceOf(storage.free_bytes, storage.total_bytes).tone === "danger") matters.push({ text: "The storage is nearly full: uploads will soon be refused.", ...look });
    if (storage.wrong_files_count > 0) matters.push({ text: `${files(storage.wrong_files_count)} ${storage.wrong_files_count === 1 ? "is" : "are"} not as they should be.`, ...look });
  }
  if (archive?.is_stopped === true) matters.push({ text: warningOf(archive), href: "/archive", action: "Look at the archive" });
  return matters;
}

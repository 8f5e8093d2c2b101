import type { ImportedRow, ImportResult } from "./api-types";
import { client, wordsOf } from "./client";
import { counted } from "./counted";
import { kindOf, piecesOf, TYPES, type FileKind } from "./file-pieces";
import { detailPage } from "./pages";

const SHOWN = 200;

type Ends = Pick<ImportResult, "changed" | "unchanged" | "failed" | "rows">;

function nothing(): Ends {
  return { changed: 0, unchanged: 0, failed: 0, rows: [] };
}

/** What has been told so far, with one more answer; rows that stay as they are need no line. */
export function added(before: Ends, answer: Ends, first: number): Ends {
  const rows = answer.rows.filter(({ status }) => status !== "unchanged").map((row) => ({ ...row, row: row.row + first }));
  return {
    changed: before.changed + answer.changed,
    unchanged: before.unchanged + answer.unchanged,
    failed: before.failed + answer.failed,
    // Those that failed stand first: somebody must look at them.
    rows: [...before.rows, ...rows].sort((a, b) => Number(b.status === "failed") - Number(a.status === "failed") || a.row - b.row),
  };
}

export function sumWords({ changed, unchanged, failed }: Ends, isDry: boolean): string {
  const parts = [`${counted(changed, "video")} ${isDry ? "would be changed" : "changed"}`];
  if (unchanged > 0) parts.push(`${unchanged.toLocaleString("en-GB")} as they were`);
  if (failed > 0) parts.push(`${counted(failed, "row")} refused`);
  return `${parts.join(", ")}.`;
}

/** Alpine component: the library as a file, and back. A file is looked at before anything is changed by it. */
export function transferPage() {
  return {
    format: "csv" as FileKind,
    deleted: false,
    file: null as File | null,
    kind: "csv" as FileKind,
    missing: false,
    error: "",
    busy: false,
    isDry: true,
    done: 0,
    total: 0,
    ends: null as Ends | null,

    get exportHref(): string {
      const bom = this.format === "csv" ? "&bom=true" : "";
      return `/api/videos/export?format=${this.format}${bom}${this.deleted ? "&include_deleted=true" : ""}`;
    },
    get name(): string {
      return this.file?.name ?? "";
    },
    get state(): "none" | "working" | "checked" | "imported" {
      if (this.busy) return "working";
      if (this.ends === null) return "none";
      return this.isDry ? "checked" : "imported";
    },
    get canImport(): boolean {
      return this.state === "checked" && (this.ends?.changed ?? 0) > 0;
    },
    get importText(): string {
      return `Import: change ${counted(this.ends?.changed ?? 0, "video")}`;
    },
    get summary(): string {
      return this.ends === null ? "" : sumWords(this.ends, this.isDry);
    },
    get progressText(): string {
      return `${this.done.toLocaleString("en-GB")} of ${counted(this.total, "video")}`;
    },
    get rows(): ImportedRow[] {
      return (this.ends?.rows ?? []).slice(0, SHOWN);
    },
    get more(): string {
      const left = (this.ends?.rows.length ?? 0) - SHOWN;
      return left > 0 ? `and ${counted(left, "row")} more` : "";
    },
    rowName: ({ slug, row }: ImportedRow) => slug ?? `Row ${row + 1}`,
    rowHref: ({ video_id }: ImportedRow) => (video_id == null ? null : detailPage(video_id)),
    rowText({ status, message, changed, ignored }: ImportedRow): string {
      if (status === "failed") return message ?? "";
      const unknown = ignored.length > 0 ? ` Nothing is known of ${ignored.join(", ")}.` : "";
      return `${changed.join(", ").replaceAll("_", " ")}.${unknown}`;
    },

    choose(event: Event): void {
      const input = event.target as HTMLInputElement;
      const [file] = input.files ?? [];
      input.value = "";
      if (file === undefined) return;
      this.ends = null;
      this.error = "";
      const kind = kindOf(file.name);
      this.file = kind === null ? null : file;
      if (kind === null) this.error = `“${file.name}” is no CSV, JSON or NDJSON file. Export the library to see what one looks like.`;
      else {
        this.kind = kind;
        void this.run(true);
      }
    },
    again(): void {
      if (this.file !== null) void this.run(true);
    },
    async run(isDry: boolean): Promise<void> {
      if (this.busy || this.file === null) return;
      this.busy = true;
      this.isDry = isDry;
      this.ends = null;
      this.error = "";
      this.done = 0;
      this.total = 0;
      let ends = nothing();
      try {
        const { pieces, counts } = piecesOf(this.kind, await this.file.text());
        this.total = counts.reduce((sum, count) => sum + count, 0);
        const query = new URLSearchParams({ create_missing: String(this.missing), dry_run: String(isDry) });
        for (const [place, piece] of pieces.entries()) {
          const answer = await client.post<ImportResult>(`/api/videos/import/${this.kind}?${query}`, new Blob([piece], { type: TYPES[this.kind] }));
          ends = added(ends, answer, this.done);
          this.done += counts[place] ?? 0;
        }
        if (this.total === 0) this.error = "There is no video in this file.";
      } catch (error) {
        this.error = error instanceof SyntaxError ? `“${this.name}” can’t be read: ${error.message}.` : wordsOf(error);
        if (!isDry && ends.changed > 0) this.error += ` What is listed was imported; import the file again to go on.`;
      } finally {
        this.ends = ends.rows.length + ends.unchanged > 0 ? ends : null;
        this.busy = false;
      }
    },
  };
}

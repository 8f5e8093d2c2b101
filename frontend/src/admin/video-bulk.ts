import { need } from "../shared/dom";
import { bulk, doneOf, refusals, undoOf, undoOfTag, videosText, type Changes, type Undo } from "./bulk";
import type { BulkResult } from "./api-types";
import { call, wordsOf } from "./client";
import { ask } from "./confirm";
import { type Filters, queryOf } from "./filters";
import { allShown, extended, rowsOf, toggled } from "./selection";
import type { ListedVideo } from "./shapes";
import { toast } from "./toast";

/** As many as "all that match" collects: a slip of the mouse never reaches a whole library. */
const MOST = 5000;
const PAGE = 200;

/** What the selection needs of the list around it. */
interface Host extends Filters {
  videos: ListedVideo[];
  chosen: number[];
  collected: ListedVideo[];
  anchor: number | null;
  acting: boolean;
  refresh(): Promise<void>;
  clearSelection(): void;
  said(results: BulkResult[], outcome: string, undo?: () => Promise<unknown>): void;
  run(work: () => Promise<void>): Promise<void>;
  shown(): number[];
  chosenVideos(): ListedVideo[] | null;
}

/** Part of the list: which videos are selected, and what is done to all of them. */
export function videoBulk() {
  return {
    chosen: [] as number[],
    /** What "all that match" found on pages that are not shown: what undoing goes back to. */
    collected: [] as ListedVideo[],
    anchor: null as number | null,
    acting: false,

    shown(this: Host): number[] {
      return this.videos.map(({ id }) => id);
    },
    isChosen(this: Host, video: ListedVideo): boolean {
      return this.chosen.includes(video.id);
    },
    allChosen(this: Host): boolean {
      return allShown(this.chosen, this.shown());
    },
    choose(this: Host, video: ListedVideo, event: { shiftKey: boolean }): void {
      this.chosen = event.shiftKey ? extended(this.chosen, this.shown(), this.anchor, video.id) : toggled(this.chosen, video.id);
      this.anchor = video.id;
    },
    chooseAll(this: Host): void {
      this.chosen = allShown(this.chosen, this.shown()) ? [] : this.shown();
    },
    clearSelection(this: Host): void {
      this.chosen = [];
      this.collected = [];
      this.anchor = null;
    },
    chosenText(this: Host): string {
      return `${videosText(this.chosen.length)} selected`;
    },
    /** The rows of everything that is selected, as new as they are known; null when some of them never were. */
    chosenVideos(this: Host): ListedVideo[] | null {
      return rowsOf(this.chosen, this.collected, this.videos);
    },
    async chooseMatching(this: Host): Promise<void> {
      await this.run(async () => {
        const found: ListedVideo[] = [];
        let cursor: string | null = null;
        do {
          const page: Awaited<ReturnType<typeof call<"GET /api/videos">>> = await call("GET /api/videos", {
            query: { ...queryOf(this), limit: PAGE, cursor, include_total: false },
          });
          found.push(...page.videos);
          cursor = page.has_more ? page.next_cursor : null;
        } while (cursor !== null && found.length < MOST);
        this.collected = found.slice(0, MOST);
        this.chosen = this.collected.map(({ id }) => id);
        if (cursor !== null) toast(`The first ${videosText(MOST)} are selected; do the rest afterwards.`);
      });
    },

    async run(this: Host, work: () => Promise<void>): Promise<void> {
      if (this.acting) return;
      this.acting = true;
      try {
        await work();
      } catch (error) {
        toast(wordsOf(error), "error");
      } finally {
        this.acting = false;
      }
      await this.refresh();
    },
    said(this: Host, results: BulkResult[], outcome: string, undo?: () => Promise<unknown>): void {
      const done = doneOf(results);
      const again = async (): Promise<void> => {
        await this.run(async () => {
          await undo?.();
          toast("Undone.");
        });
      };
      if (done.length > 0) toast(`${videosText(done.length)} ${outcome}.`, "done", undo === undefined ? null : { label: "Undo", run: again });
      if (done.length < results.length) toast(refusals(results), "error");
      this.clearSelection();
    },

    async bulkPublish(this: Host, publish: boolean): Promise<void> {
      const ids = [...this.chosen];
      const before = this.chosenVideos();
      const turned = before?.filter(({ published_at }) => (published_at === null) === publish).map(({ id }) => id);
      await this.run(async () => {
        const results = await bulk(publish ? "publish" : "unpublish", ids);
        const back = doneOf(results).filter((id) => turned?.includes(id));
        const undo = back.length === 0 ? undefined : () => bulk(publish ? "unpublish" : "publish", back);
        this.said(results, publish ? "published, or will be when ready" : "hidden from visitors", undo);
      });
    },
    async bulkArchive(this: Host): Promise<void> {
      const ids = [...this.chosen];
      const text = "Nobody can watch them then. They can be restored from the archive until their time is over.";
      if (!(await ask({ title: `Move ${videosText(ids.length)} to the archive?`, text, action: "Move to the archive", danger: true }))) return;
      await this.run(async () => {
        const results = await bulk("delete", ids);
        this.said(results, "in the archive", () => bulk("restore", doneOf(results)));
      });
    },

    openBulkEdit(): void {
      const dialog = need<HTMLDialogElement>(document, "[data-bulk-edit]");
      need<HTMLFormElement>(dialog, "form[data-bulk-form]").reset();
      dialog.showModal();
    },
    async bulkEdit(this: Host, event: SubmitEvent): Promise<void> {
      const form = event.target as HTMLFormElement;
      const given = new FormData(form);
      const said = (name: string): string => String(given.get(name) ?? "");
      form.closest("dialog")?.close();
      const ids = [...this.chosen];
      const before = this.chosenVideos();
      const changes: Changes = {
        ...(said("category") === "" ? {} : { category_id: Number(said("category")) }),
        ...(said("visibility") === "" ? {} : { visibility: said("visibility") as ListedVideo["visibility"] }),
        ...(said("featured") === "" ? {} : { is_featured: said("featured") === "yes" }),
      };
      await this.run(async () => {
        const results: BulkResult[] = [];
        const undo: Undo[] = [];
        if (Object.keys(changes).length > 0) {
          results.push(...(await bulk("update", ids, changes)));
          undo.push(...undoOf(before ?? [], changes));
        }
        for (const [name, field, isGiven] of [["add-tag", "add_tag_ids", true], ["remove-tag", "remove_tag_ids", false]] as const) {
          if (said(name) === "") continue;
          results.push(...(await bulk("tags", ids, { [field]: [Number(said(name))] })));
          undo.push(...undoOfTag(before ?? [], Number(said(name)), isGiven));
        }
        if (said("playlist") !== "") results.push(...(await bulk("add-to-playlist", ids, { playlist_id: Number(said("playlist")) })));
        if (results.length === 0) return toast("Nothing was chosen to change.");
        const steps = undo.reverse();
        this.said(once(results), "changed", steps.length === 0 ? undefined : async () => {
          for (const step of steps) await bulk(step.deed, step.ids, step.more as never);
        });
      });
    },
  };
}

/** One result for each video: what was refused of it counts. */
function once(results: readonly BulkResult[]): BulkResult[] {
  const byId = new Map<number, BulkResult>();
  for (const result of results) if (byId.get(result.video_id)?.success !== false) byId.set(result.video_id, result);
  return [...byId.values()];
}

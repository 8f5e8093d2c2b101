import { call, wordsOf } from "./client";
import { detailPage } from "./pages";
import type { StorageState, StorageTrouble } from "./api-types";
import { adviceOf, badgeOf, checkOf, files, lastCheck, partOf, schedule, spaceOf } from "./storage-words";
import { toast } from "./toast";

const CALM_MS = 15_000;
const LIVELY_MS = 2000;

/** Alpine component: the stored files, their checks, and what is wrong with them. */
export function storage() {
  let timer = 0;

  return {
    told: null as StorageState | null,
    error: "",
    busy: false,
    said: "",

    init(): void {
      void this.load();
      document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.load());
    },
    async load(): Promise<void> {
      clearTimeout(timer);
      try {
        this.take(await call("GET /api/storage"));
      } catch (error) {
        this.error = wordsOf(error);
      }
      const isLively = this.check.isOpen || this.troubles.some(({ is_mending }) => is_mending);
      timer = window.setTimeout(() => (document.visibilityState === "visible" ? void this.load() : undefined), isLively ? LIVELY_MS : CALM_MS);
    },
    take(told: StorageState): void {
      const wasOpen = this.check.isOpen;
      this.told = told;
      this.error = "";
      if (wasOpen && !this.check.isOpen) this.said = this.check.trouble || this.last;
    },

    get state(): "loading" | "error" | "shown" {
      if (this.told !== null) return "shown";
      return this.error === "" ? "loading" : "error";
    },
    get space() {
      return spaceOf(this.told?.free_bytes ?? null, this.told?.total_bytes ?? null);
    },
    get parts() {
      return this.told === null ? [] : [partOf("Files", this.told.storage), partOf("Database", this.told.database)];
    },
    get check() {
      return checkOf(this.told?.check ?? null);
    },
    get isChecked(): boolean {
      return this.told?.last_check != null;
    },
    get last(): string {
      return lastCheck(this.told?.last_check ?? null);
    },
    get schedule(): string {
      return this.told === null ? "" : schedule(this.told);
    },
    get troubles(): StorageTrouble[] {
      return this.told?.troubles ?? [];
    },
    /** Something else on the page is more urgent than a check. */
    get wanted(): boolean {
      return this.troubles.some(({ can_be_mended }) => can_be_mended);
    },
    get remarks() {
      return this.told?.remarks ?? [];
    },
    badge: badgeOf,
    advice: adviceOf,
    href: ({ video_id }: { video_id: number | null }) => (video_id === null ? "" : detailPage(video_id)),
    name: ({ title }: StorageTrouble) => title ?? "files that belong to no video",
    countText: ({ count }: StorageTrouble) => files(count),
    moreText: (trouble: StorageTrouble) => `and ${files(trouble.count - trouble.files.length)} more`,

    async act(deed: () => Promise<StorageState>, outcome: string): Promise<void> {
      if (this.busy) return;
      this.busy = true;
      try {
        this.take(await deed());
        toast(outcome);
      } catch (error) {
        toast(wordsOf(error), "error");
      } finally {
        this.busy = false;
      }
      await this.load();
    },
    begin(): Promise<void> {
      return this.act(() => call("POST /api/storage/check"), "The files are being checked.");
    },
    stop(): Promise<void> {
      return this.act(() => call("DELETE /api/storage/check"), "The check is stopped.");
    },
    mend(trouble: StorageTrouble): Promise<void> {
      const path = { video_id: trouble.video_id ?? 0 };
      return this.act(() => call("POST /api/storage/videos/{video_id}/repair", { path }), `“${trouble.title}” is being made whole again.`);
    },
    acknowledge({ video_id }: StorageTrouble, acknowledged: boolean): Promise<void> {
      const body = { video_id, acknowledged };
      const outcome = acknowledged ? "Acknowledged." : "Shown as open again.";
      return this.act(() => call("POST /api/storage/acknowledge", { body }), outcome);
    },
  };
}

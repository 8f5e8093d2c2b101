import { need } from "../shared/dom";
import type { Retranscoding } from "./api-types";
import { call, wordsOf } from "./client";
import { ask } from "./confirm";
import { openVideo } from "./open-video";
import { sourceTransfer } from "./source-transfer";
import { renditionName } from "./status";
import { toast } from "./toast";

const height = (quality: string): number => Number.parseInt(quality, 10) || Number.POSITIVE_INFINITY;

/** The source's own size first, then from the largest to the smallest. */
const bySize = (qualities: string[]): string[] => qualities.sort((a, b) => (height(a) === height(b) ? 0 : height(b) - height(a)));

/** Alpine component: another source for the video, or the same encoded again. The video plays on meanwhile. */
export function sourcePanel() {
  const open = openVideo();
  const { path } = open;
  const dialog = need<HTMLDialogElement>(document, "[data-retranscoder]");
  let title = "";

  return {
    ...sourceTransfer(open.id, () => void open.load()),
    usable: false,
    busy: false,
    doing: "",
    refusal: "",
    choices: [] as string[],
    wanted: [] as string[],
    priority: "normal" as NonNullable<Retranscoding["priority"]>,

    init(): void {
      open.follow({
        onVideo: (video) => {
          this.usable = video.deleted_at === null;
          title = video.title;
        },
      });
      addEventListener("beforeunload", (event) => this.isMoving() && event.preventDefault());
      addEventListener("online", () => this.hurryTransfer());
    },
    async start(): Promise<void> {
      try {
        const { existing, available } = await call("GET /api/videos/{video_id}/qualities", { path });
        this.choices = bySize([...new Set([...available, ...existing])]);
      } catch (error) {
        return toast(wordsOf(error), "error");
      }
      this.wanted = [];
      this.priority = "normal";
      this.refusal = "";
      dialog.showModal();
    },
    chooseAll(): void {
      this.wanted = [];
    },
    name: renditionName,
    toggle(quality: string): void {
      this.wanted = this.wanted.includes(quality) ? this.wanted.filter((one) => one !== quality) : [...this.wanted, quality];
    },
    async retranscode(): Promise<void> {
      if (this.busy) return;
      this.busy = true;
      this.doing = "Being asked for…";
      try {
        const qualities = this.wanted.length === 0 ? ["all"] : [...this.wanted];
        await call("POST /api/videos/{video_id}/retranscode", { path, body: { qualities, priority: this.priority } });
        dialog.close();
        toast("It is being encoded again.");
        await open.load();
      } catch (error) {
        this.refusal = wordsOf(error);
      } finally {
        this.busy = false;
      }
    },
    async replace(event: Event): Promise<void> {
      const field = event.target as HTMLInputElement;
      const file = field.files?.[0];
      if (file === undefined) return;
      const text = `“${file.name}” takes the place of the present source. The video plays on as it is until the other version is ready.`;
      const sure = await ask({ title: "Replace the source?", text, action: "Replace the source", danger: true });
      if (sure) this.begin(file, title);
      field.value = "";
    },
  };
}

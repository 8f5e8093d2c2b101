import { need } from "../shared/dom";
import { spoken } from "../shared/format";
import type { ListedChapter, Operations } from "./api-types";
import { call, wordsOf } from "./client";
import { disputeWords, importWords, isApart, ORIGINS, type Origin } from "./chapter-words";
import { counted } from "./counted";
import type { Chapter } from "./library-shapes";
import { openVideo } from "./open-video";
import { saveTogether } from "./open-draft";
import { merged } from "./rows";
import { keyTarget, moved, placeWords, refocus, wireDragging } from "./sorting";
import { nudged, secondsOf, timeText } from "./times";
import { toast } from "./toast";
import { followTyping } from "./typing";

const MAX_CHAPTERS = 50;

type Changes = Operations["PUT /api/videos/{video_id}/chapters/{chapter_id}"]["body"];

/** Alpine component: the chapters beside the player. Each change is saved as it is made. */
export function chapterEditor() {
  const open = openVideo();
  const { path } = open;
  const list = need(document, "[data-chapter-rows]");
  const importer = need<HTMLDialogElement>(document, "[data-importer]");
  const typedIn = followTyping(list);
  let seen = -1;
  let last: Promise<boolean> = Promise.resolve(true);

  return {
    all: null as Chapter[] | null,
    duration: 0,
    trashed: false,
    busy: false,
    error: "",
    said: "",
    marks: [] as ListedChapter[],
    origin: "description" as Origin,

    init(): void {
      wireDragging(list, (from, to) => void this.move(from, to));
      open.follow({
        onVideo: (video) => {
          this.duration = video.duration ?? 0;
          this.trashed = video.deleted_at !== null;
          if (video.edit_revision !== seen) void this.load(typedIn());
          seen = video.edit_revision;
        },
      });
    },
    /** `held`: the chapter that somebody is typing in; what others made of it is told when it is saved. */
    async load(held: number | null = null): Promise<void> {
      try {
        this.all = merged(this.all, (await call("GET /api/videos/{video_id}/chapters", { path })).chapters, held);
        this.error = "";
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    get rows(): Chapter[] {
      return this.all ?? [];
    },
    get full(): boolean {
      return this.rows.length >= MAX_CHAPTERS;
    },
    get amount(): string {
      return this.rows.length === 0 ? "" : `${this.rows.length} of at most ${MAX_CHAPTERS}`;
    },
    get importText(): string {
      return importWords(this.origin, this.marks.length, this.rows.length);
    },
    time: (one: { start_time: number }) => timeText(one.start_time),
    endText: ({ end_time }: Chapter) => (end_time === null ? "" : timeText(end_time)),
    spoken: ({ start_time }: Chapter) => spoken(start_time),

    /** One change after the other; whatever came of one, what the server has is shown afterwards. */
    run(deed: () => Promise<unknown>, done = ""): Promise<boolean> {
      this.busy = true;
      const turn = last.then(async () => {
        try {
          await deed();
          if (done !== "") this.said = done;
          return true;
        } catch (error) {
          toast(wordsOf(error), "error");
          return false;
        } finally {
          await this.load();
          this.busy = last !== turn;
        }
      });
      last = turn;
      return turn;
    },
    async add(): Promise<void> {
      const start = Math.round(Math.min(open.preview.now(), this.duration || Infinity) * 10) / 10;
      let id = 0;
      const title = `Chapter ${this.rows.length + 1}`;
      const deed = async (): Promise<void> => void ({ id } = await call("POST /api/videos/{video_id}/chapters", { path, body: { title, start_time: start } }));
      if (!(await this.run(deed, `Chapter added at ${timeText(start)}.`))) return;
      requestAnimationFrame(() => {
        const field = list.querySelector<HTMLInputElement>(`[data-row-id="${id}"] [data-title]`);
        field?.focus();
        field?.select();
      });
    },
    async change(one: Chapter, body: Changes): Promise<void> {
      const before = { ...one };
      const now = (): Chapter | undefined => this.rows.find(({ id }) => id === before.id);
      const put = (): Promise<unknown> => {
        const { id, edit_revision } = now() ?? before;
        return call("PUT /api/videos/{video_id}/chapters/{chapter_id}", { path: { ...path, chapter_id: id }, body: { ...body, edit_revision } });
      };
      /** Somebody else was faster: whether it was with something else of the chapter. */
      const catchUp = async (): Promise<boolean> => {
        await this.load();
        if (isApart(before, now() ?? before, body)) return true;
        toast(disputeWords(before, body), "error", { label: "Use mine", run: () => void this.run(put, "Saved.") });
        return false;
      };
      await this.run(() => saveTogether(put, catchUp), "Saved.");
    },
    rename(one: Chapter, event: Event): void {
      const title = (event.target as HTMLInputElement).value.trim();
      if (title !== "" && title !== one.title) void this.change(one, { title });
    },
    retime(one: Chapter, name: "start_time" | "end_time", event: Event): void {
      const field = event.target as HTMLInputElement;
      const seconds = secondsOf(field.value);
      const isCleared = name === "end_time" && field.value.trim() === "";
      if (seconds === null && !isCleared) {
        toast("Write a time such as 1:05 or 1:02:03.", "error");
        field.value = name === "start_time" ? timeText(one.start_time) : this.endText(one);
        return;
      }
      if (seconds === one[name]) return;
      if (seconds !== null) open.preview.seek(seconds);
      void this.change(one, { [name]: isCleared ? null : seconds });
    },
    nudge(one: Chapter, name: "start_time" | "end_time", event: KeyboardEvent): void {
      const field = event.target as HTMLInputElement;
      if (event.key === "Enter") return this.retime(one, name, event);
      const to = nudged(secondsOf(field.value) ?? one.start_time, event, this.duration || Infinity);
      if (to === null) return;
      event.preventDefault();
      field.value = timeText(to);
      open.preview.seek(to);
    },
    /** While its mark on the strip is dragged: the picture and the time field follow. */
    slide(one: Chapter, event: Event): void {
      one.start_time = Number((event.target as HTMLInputElement).value);
      open.preview.seek(one.start_time);
    },
    slid(one: Chapter, event: Event): void {
      void this.change(one, { start_time: Number((event.target as HTMLInputElement).value) });
    },
    seek({ start_time }: { start_time: number }): void {
      open.preview.seek(start_time);
    },
    async move(from: number, to: number, control = "[data-grip]"): Promise<void> {
      const one = this.rows[from];
      if (one === undefined || from === to || to < 0 || to >= this.rows.length) return;
      const order = moved(this.rows, from, to);
      this.all = order;
      const words = placeWords(one.title, to, order.length);
      await this.run(() => call("POST /api/videos/{video_id}/chapters/reorder", { path, body: { chapter_ids: order.map(({ id }) => id) } }), words);
      refocus(list, one.id, control);
    },
    key(event: KeyboardEvent, at: number): void {
      const to = keyTarget(event.key, at, this.rows.length);
      if (to === null) return;
      event.preventDefault();
      void this.move(at, to);
    },
    async remove(one: Chapter): Promise<void> {
      if (!(await this.run(() => call("DELETE /api/videos/{video_id}/chapters/{chapter_id}", { path: { ...path, chapter_id: one.id } })))) return;
      const { title, start_time, end_time, description } = one;
      const body = { title, start_time, end_time, description };
      const undo = (): void => void this.run(() => call("POST /api/videos/{video_id}/chapters", { path, body }), `“${title}” is back.`);
      toast(`“${title}” is removed.`, "done", { label: "Undo", run: undo });
    },

    async preview(origin: Origin): Promise<void> {
      try {
        this.marks = (await call(`GET /api/videos/{video_id}/chapters/from-${origin}`, { path })).chapters;
        this.origin = origin;
        importer.showModal();
      } catch (error) {
        toast(wordsOf(error), "error");
      }
    },
    async take(): Promise<void> {
      importer.close();
      const { origin } = this;
      const taken = await this.run(() => call(`POST /api/videos/{video_id}/chapters/from-${origin}`, { path, body: { replace_existing: true } }));
      if (taken) toast(`${counted(this.rows.length, "chapter")} taken from ${ORIGINS[origin].toLowerCase()}.`);
    },
  };
}

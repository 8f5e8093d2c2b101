import Alpine from "@alpinejs/csp";
import { need } from "../shared/dom";
import { ApiError } from "../shared/api";
import { call, wordsOf } from "./client";
import { combobox } from "./combobox";
import { descriptionPreview } from "./description-preview";
import { changes, draftOf, fieldChanges, rebase, told, touched, type Draft } from "./draft";
import { appliesTo, inputsOf, labelOf, type FieldInput } from "./field-inputs";
import type { FieldDefinition, FieldValue, Tag } from "./library-shapes";
import { openVideo } from "./open-video";
import type { TagItem, VideoDetail } from "./shapes";
import { toast } from "./toast";

const MAX_TAGS = 20;

/** One difference between what is typed here and what somebody else has saved meanwhile. */
interface Clash {
  name: string;
  label: string;
  theirs: string;
  mine: string;
}

/** Alpine component: what is known of the video, as one form that is saved as one. */
export function videoForm() {
  const open = openVideo();
  let seen = -1;

  return {
    revision: 0,
    ready: false,
    saved: {} as Draft,
    draft: {} as Draft,
    disputed: [] as string[],
    definitions: [] as FieldDefinition[],
    duration: null as number | null,
    ...descriptionPreview(),
    trashed: false,
    saving: false,
    refusal: "",
    tagPicker: combobox<Tag>({
      find: async (text) => (await call("GET /api/tags", { query: { search: text.trim(), limit: 8 } })).tags,
      label: ({ name }) => name,
      canCreate: (text, found) => !found.some(({ name }) => name.toLowerCase() === text.toLowerCase()),
    }),

    init(): void {
      this.tagPicker.onChoice = (tag) => this.addTag(tag);
      this.tagPicker.onCreate = (name) => void this.createTag(name);
      open.follow({ onVideo: (video) => void this.take(video) });
      addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
      addEventListener("keydown", (event) => {
        if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
        event.preventDefault();
        if (this.dirty) need<HTMLFormElement>(document, "[data-video-form]").requestSubmit();
      });
    },
    async take(video: VideoDetail): Promise<void> {
      this.trashed = video.deleted_at !== null;
      this.duration = video.duration;
      if (video.edit_revision === seen) return;
      seen = video.edit_revision;
      try {
        const [all, given] = await Promise.all([
          call("GET /api/custom-fields"),
          call("GET /api/videos/{video_id}/custom-fields", { path: open.path }),
        ]);
        // A later revision may have been taken while this one was asked for.
        if (seen === video.edit_revision) this.settle(video, all.fields, given.fields);
      } catch (error) {
        if (seen === video.edit_revision) seen = -1;
        toast(wordsOf(error), "error");
      }
    },
    settle(video: VideoDetail, definitions: FieldDefinition[], values: FieldValue[]): void {
      const newer = draftOf(video, definitions, values);
      const { draft, clashes } = this.ready ? rebase(this.draft, this.saved, newer) : { draft: { ...newer }, clashes: [] };
      // What was disputed before stays so until somebody chooses, unless both are the same by now.
      const open_ = new Set([...this.disputed, ...clashes]);
      this.disputed = touched(draft, newer).filter((name) => open_.has(name));
      this.definitions = definitions;
      this.draft = draft;
      this.saved = newer;
      this.revision = video.edit_revision;
      this.ready = true;
    },

    get dirty(): boolean {
      return this.ready && touched(this.draft, this.saved).length > 0;
    },
    get clashes(): Clash[] {
      return this.disputed.map((name) => ({
        name,
        label: labelOf(name, this.definitions),
        theirs: this.tell(name, this.saved),
        mine: this.tell(name, this.draft),
      }));
    },
    tell(name: string, draft: Draft): string {
      const categories = Alpine.store("categories").all;
      return told(draft[name], (value) => (name === "category" ? (categories.find(({ id }) => String(id) === value)?.name ?? value) : value));
    },
    takeTheirs(name: string): void {
      this.draft = { ...this.draft, [name]: this.saved[name] ?? "" };
      this.keepMine(name);
    },
    keepMine(name: string): void {
      this.disputed = this.disputed.filter((one) => one !== name);
    },

    get inputs(): FieldInput[] {
      return inputsOf(this.definitions.filter((one) => appliesTo(one, this.draft, this.saved)), this.draft);
    },
    set(name: string, event: Event): void {
      this.draft = { ...this.draft, [name]: (event.target as HTMLInputElement).value };
    },
    toggle(name: string, option: string): void {
      const chosen = this.draft[name] as readonly string[];
      const field = this.definitions.find(({ id }) => name === `field-${id}`);
      const wanted = chosen.includes(option) ? chosen.filter((one) => one !== option) : [...chosen, option];
      this.draft = { ...this.draft, [name]: field?.options.filter((one) => wanted.includes(one)) ?? wanted };
    },

    get tags(): readonly TagItem[] {
      return (this.draft["tags"] ?? []) as readonly TagItem[];
    },
    get tagsFull(): boolean {
      return this.tags.length >= MAX_TAGS;
    },
    addTag({ id, name, slug }: TagItem): void {
      if (this.tagsFull || this.tags.some((one) => one.id === id)) return;
      this.draft = { ...this.draft, tags: [...this.tags, { id, name, slug }].sort((a, b) => a.id - b.id) };
    },
    async createTag(name: string): Promise<void> {
      try {
        this.addTag(await call("POST /api/tags", { body: { name } }));
      } catch (error) {
        toast(wordsOf(error), "error");
      }
    },
    dropTag(id: number): void {
      this.draft = { ...this.draft, tags: this.tags.filter((one) => one.id !== id) };
      need(document, "#edit-tags").focus();
    },
    async newCategory(): Promise<void> {
      const created = await Alpine.store("categories").create();
      if (created !== null) this.draft = { ...this.draft, category: String(created) };
    },

    revert(): void {
      this.draft = { ...this.saved };
      this.disputed = [];
      this.refusal = "";
    },
    async save(): Promise<void> {
      if (this.saving || !this.dirty) return;
      if (this.disputed.length > 0) return need(document, "[data-clashes]").focus();
      this.saving = true;
      this.refusal = "";
      try {
        await this.send().catch((error: unknown) => this.catchUp(error));
        if (this.disputed.length === 0) toast("Saved.");
      } catch (error) {
        this.refusal = wordsOf(error);
        toast(this.refusal, "error");
      } finally {
        this.saving = false;
      }
      await open.load();
    },
    /** Somebody else was first. Where both changes can stand, they do; otherwise somebody has to choose. */
    async catchUp(error: unknown): Promise<void> {
      if (!(error instanceof ApiError) || error.problem.code !== "edited_meanwhile") throw error;
      await this.take(await call("GET /api/videos/{video_id}", { path: open.path }));
      if (this.disputed.length === 0) return this.send();
      requestAnimationFrame(() => need(document, "[data-clashes]").focus());
    },
    /** The video first: which fields it has hangs on its category. What is saved is saved when the second part is refused. */
    async send(): Promise<void> {
      const sent = { ...this.draft };
      const [body, values] = [changes(sent, this.saved), fieldChanges(sent, this.saved, this.definitions)];
      if (body !== null) {
        const { edit_revision } = await call("PUT /api/videos/{video_id}", { path: open.path, body: { ...body, edit_revision: this.revision } });
        this.revision = edit_revision;
        const fields = Object.fromEntries(Object.entries(this.saved).filter(([name]) => name.startsWith("field-")));
        this.saved = { ...sent, ...fields };
      }
      if (values !== null) await call("PUT /api/videos/{video_id}/custom-fields", { path: open.path, body: { values, edit_revision: this.revision } });
      if (values !== null) this.saved = sent;
    },
  };
}

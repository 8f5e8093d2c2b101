import { need } from "../shared/dom";
import { ApiError } from "../shared/api";
import type { Operations } from "./api-types";
import { call, peek, wordsOf } from "./client";
import { rebase, told, touched, type Draft } from "./draft";
import type { Playlist } from "./library-shapes";
import { followLibrary } from "./live";
import { toast } from "./toast";

type Changes = Operations["PUT /api/playlists/{playlist_id}"]["body"];

const LABELS: Record<string, string> = {
  title: "Title", slug: "Address", description: "Description", visibility: "Visibility", type: "Type", featured: "Featured", picture: "Picture",
};

export function playlistDraft({ title, slug, description, visibility, playlist_type, is_featured, thumbnail_video_id }: Playlist): Draft {
  return { title, slug, description, visibility, type: playlist_type, featured: is_featured, picture: thumbnail_video_id === null ? "" : String(thumbnail_video_id) };
}

/** What a PUT has to say: only what differs. */
export function playlistChanges(draft: Draft, saved: Draft): Changes {
  const names: Record<string, string> = { type: "playlist_type", featured: "is_featured", picture: "thumbnail_video_id" };
  const said = (name: string): unknown => (name === "picture" ? Number(draft[name]) || null : draft[name]);
  return Object.fromEntries(touched(draft, saved).map((name) => [names[name] ?? name, said(name)]));
}

/** Alpine component: what is known of one playlist, as one form. */
export function playlistPage() {
  const id = Number(need(document, "[data-playlist-id]").dataset["playlistId"]);
  const path = { playlist_id: id };

  return {
    playlist: null as Playlist | null,
    saved: {} as Draft,
    draft: {} as Draft,
    disputed: [] as string[],
    error: "",
    refusal: "",
    saving: false,

    init(): void {
      void this.load();
      addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
      followLibrary(["playlist"], () => void this.look());
    },
    async load(): Promise<void> {
      try {
        this.take(await call("GET /api/playlists/{playlist_id}", { path }));
      } catch (error) {
        this.error = wordsOf(error);
      }
    },
    async look(): Promise<void> {
      if (this.saving || this.playlist === null) return;
      try {
        const found = await peek("GET /api/playlists/{playlist_id}", { path });
        if (!this.saving && found.edit_revision !== this.playlist.edit_revision) this.take(found);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) this.refusal = "Somebody else has deleted this playlist.";
      }
    },
    take(playlist: Playlist): void {
      const newer = playlistDraft(playlist);
      const { draft, clashes } = this.playlist === null ? { draft: { ...newer }, clashes: [] } : rebase(this.draft, this.saved, newer);
      // Chosen or not: what is disputed stays so until somebody has looked at it.
      const open = new Set([...this.disputed, ...clashes]);
      this.disputed = touched(draft, newer).filter((name) => open.has(name));
      this.draft = draft;
      this.saved = newer;
      this.playlist = playlist;
      this.error = "";
      document.title = document.title.replace(/^.* – /, `${playlist.title} – `);
    },
    get state(): "loading" | "error" | "shown" {
      if (this.playlist !== null) return "shown";
      return this.error === "" ? "loading" : "error";
    },
    get heading(): string {
      return this.playlist?.title ?? "Playlist";
    },
    get dirty(): boolean {
      return this.playlist !== null && touched(this.draft, this.saved).length > 0;
    },
    get clashes() {
      const tell = (name: string, draft: Draft): string => told(draft[name]);
      return this.disputed.map((name) => ({ name, label: LABELS[name] ?? name, theirs: tell(name, this.saved), mine: tell(name, this.draft) }));
    },
    takeTheirs(name: string): void {
      this.draft = { ...this.draft, [name]: this.saved[name] ?? "" };
      this.keepMine(name);
    },
    keepMine(name: string): void {
      this.disputed = this.disputed.filter((one) => one !== name);
    },
    /** The picture of one of its videos stands for it; chosen again, that of its first one does. */
    choosePicture(id: number): void {
      this.draft = { ...this.draft, picture: this.isPicture(id) ? "" : String(id) };
    },
    isPicture(id: number): boolean {
      return this.draft["picture"] === String(id);
    },
    get pictureText(): string {
      if (this.draft["picture"] === "") return "The picture of its first video stands for it. Choose another one among the videos below.";
      return "The picture of the video that is marked below stands for it.";
    },
    revert(): void {
      this.draft = { ...this.saved };
      this.disputed = [];
      this.refusal = "";
    },
    async save(): Promise<void> {
      if (this.saving || !this.dirty || this.playlist === null) return;
      if (this.disputed.length > 0) return need(document, "[data-clashes]").focus();
      this.saving = true;
      this.refusal = "";
      try {
        const body = { ...playlistChanges(this.draft, this.saved), edit_revision: this.playlist.edit_revision };
        const playlist = await call("PUT /api/playlists/{playlist_id}", { path, body });
        this.saved = { ...this.draft };
        this.take(playlist);
        toast("Saved.");
      } catch (error) {
        if (error instanceof ApiError && error.problem.code === "edited_meanwhile") await this.load();
        this.refusal = wordsOf(error);
      } finally {
        this.saving = false;
      }
    },
  };
}

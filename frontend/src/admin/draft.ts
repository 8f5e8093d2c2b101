import type { VideoChanges, VideoDetail } from "./shapes";

/** What the edit form holds. A select speaks strings: "" is no category. */
export interface Draft {
  title: string;
  description: string;
  category: string;
}

export function draftOf({ title, description, category_id }: Pick<VideoDetail, "title" | "description" | "category_id">): Draft {
  return { title, description, category: category_id === null ? "" : String(category_id) };
}

/** What a PUT has to say: only what differs; null when nothing does. */
export function changes(draft: Draft, saved: Draft): VideoChanges | null {
  const body: VideoChanges = {};
  if (draft.title.trim() !== saved.title) body.title = draft.title.trim();
  if (draft.description !== saved.description) body.description = draft.description;
  if (draft.category !== saved.category) body.category_id = draft.category === "" ? null : Number(draft.category);
  return Object.keys(body).length === 0 ? null : body;
}

/** A newer state of the video under a form that is being edited: untouched fields follow, touched ones stay. */
export function rebase(draft: Draft, saved: Draft, newer: Draft): Draft {
  const keep = (field: keyof Draft): string => (draft[field] === saved[field] ? newer[field] : draft[field]);
  return { title: keep("title"), description: keep("description"), category: keep("category") };
}

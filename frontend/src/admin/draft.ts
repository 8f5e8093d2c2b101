import type { Operations } from "./api-types";
import type { FieldDefinition, FieldValue } from "./library-shapes";
import type { TagItem, VideoChanges, VideoDetail } from "./shapes";

/** What the edit form holds, by the name of the field. A select speaks strings: "" is no category.
 *  Custom fields are `field-{id}`; a multi_select is a list, everything else a text. */
export type Value = string | boolean | readonly string[] | readonly TagItem[];
export type Draft = Record<string, Value>;

/** Values of custom fields by their ids. */
type Answers = Operations["PUT /api/videos/{video_id}/custom-fields"]["body"]["values"];
type Saved = Pick<VideoDetail, "title" | "slug" | "description" | "category_id" | "tags" | "visibility" | "is_featured">;

export function fieldKey(id: number): string {
  return `field-${id}`;
}

export function draftOf(video: Saved, definitions: readonly FieldDefinition[] = [], values: readonly Pick<FieldValue, "field_id" | "value">[] = []): Draft {
  const given = new Map(values.map((one) => [one.field_id, one.value]));
  const tags = video.tags.map(({ id, name, slug }) => ({ id, name, slug })).sort((a, b) => a.id - b.id);
  const draft: Draft = {
    title: video.title,
    slug: video.slug,
    description: video.description,
    category: video.category_id === null ? "" : String(video.category_id),
    tags,
    visibility: video.visibility,
    featured: video.is_featured,
  };
  for (const { id, field_type } of definitions) {
    const value = given.get(id) ?? null;
    draft[fieldKey(id)] = field_type === "multi_select" ? (Array.isArray(value) ? value : []) : value === null ? "" : String(value);
  }
  return draft;
}

function plain(value: Value | undefined): string {
  return JSON.stringify(typeof value === "string" ? value.trim() : value);
}

export function isSame(one: Value | undefined, other: Value | undefined): boolean {
  return plain(one) === plain(other);
}

/** The names of what somebody has changed. */
export function touched(draft: Draft, saved: Draft): string[] {
  return Object.keys(draft).filter((name) => !isSame(draft[name], saved[name]));
}

/** A newer state of the video under a form that is being edited: untouched fields follow, touched ones stay.
 *  `clashes` are those that both have changed, and differently: somebody has to choose. */
export function rebase(draft: Draft, saved: Draft, newer: Draft): { draft: Draft; clashes: string[] } {
  const mine = new Set(touched(draft, saved));
  const clashes = [...mine].filter((name) => !isSame(newer[name], saved[name]) && !isSame(newer[name], draft[name]));
  const kept = Object.fromEntries([...mine].map((name) => [name, draft[name] as Value]));
  return { draft: { ...newer, ...kept }, clashes };
}

/** What a PUT of the video has to say: only what differs; null when nothing does. */
export function changes(draft: Draft, saved: Draft): VideoChanges | null {
  const say: Record<string, (value: Value) => VideoChanges> = {
    title: (value) => ({ title: String(value).trim() }),
    slug: (value) => ({ slug: String(value).trim() }),
    description: (value) => ({ description: String(value) }),
    category: (value) => ({ category_id: value === "" ? null : Number(value) }),
    tags: (value) => ({ tag_ids: (value as readonly TagItem[]).map(({ id }) => id) }),
    visibility: (value) => ({ visibility: value as VideoDetail["visibility"] }),
    featured: (value) => ({ is_featured: value === true }),
  };
  const body = touched(draft, saved).map((name) => say[name]?.(draft[name] as Value) ?? {});
  const said: VideoChanges = Object.assign({}, ...body);
  return Object.keys(said).length === 0 ? null : said;
}

/** What a PUT of the custom fields has to say: values by id, null to clear one; null when nothing differs. */
export function fieldChanges(draft: Draft, saved: Draft, definitions: readonly FieldDefinition[]): Answers | null {
  const body = definitions
    .filter(({ id }) => !isSame(draft[fieldKey(id)], saved[fieldKey(id)]))
    .map(({ id, field_type }) => [String(id), answer(draft[fieldKey(id)] ?? "", field_type)]);
  return body.length === 0 ? null : Object.fromEntries(body);
}

function answer(value: Value, type: FieldDefinition["field_type"]): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value;
  const text = String(value).trim();
  if (text === "") return null;
  return type === "number" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** A value as it is told to somebody who has to choose between two. */
export function told(value: Value | undefined, nameOf: (name: string) => string = (name) => name): string {
  if (value === true) return "yes";
  if (value === false) return "no";
  if (value === undefined || value.length === 0) return "nothing";
  if (typeof value === "string") return nameOf(value);
  return value.map((one) => (typeof one === "string" ? one : one.name)).join(", ");
}

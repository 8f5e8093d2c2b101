import type { AuditEntry } from "./api-types";

/** Acts in plain words, read after the name of who did it: "admin deleted the video “Waves”". */
const SENTENCES: Record<string, string> = {
  "archive.purged": "deleted permanently what was due:",
  "category.created": "created the category",
  "category.deleted": "deleted the category",
  "category.edited": "edited the category",
  "category.moved": "changed the order of the categories:",
  "chapters.changed": "changed the chapters of",
  "field.created": "created the custom field",
  "field.deleted": "deleted the custom field",
  "field.edited": "edited the custom field",
  "playlist.created": "created the playlist",
  "playlist.deleted": "deleted the playlist",
  "playlist.edited": "edited the playlist",
  "playlist.items": "changed what is in the playlist",
  "playlist.restored": "restored the playlist",
  "setting.changed": "changed the setting",
  "tag.created": "created the tag",
  "tag.deleted": "deleted the tag",
  "tag.merged": "merged the tag",
  "tag.renamed": "renamed a tag to",
  "video.deleted": "moved to the archive:",
  "video.edited": "edited the video",
  "video.fields": "filled in fields of",
  "video.published": "published",
  "video.purged": "deleted permanently",
  "video.restored": "restored",
  "video.replaced": "uploaded another source for",
  "video.retranscoded": "asked for new renditions of",
  "video.retried": "asked for another try of",
  "video.scheduled": "scheduled",
  "video.thumbnail": "changed the picture of",
  "video.unpublished": "unpublished",
  "video.uploaded": "uploaded",
  "videos.deleted": "moved to the archive:",
  "videos.edited": "edited",
  "videos.fields": "filled in fields of",
  "videos.listed": "put into a playlist:",
  "videos.published": "published",
  "videos.purged": "deleted permanently",
  "videos.restored": "restored",
  "videos.retranscoded": "asked for new renditions of",
  "videos.tagged": "changed the tags of",
  "videos.unpublished": "unpublished",
};

/** An act that has no sentence yet: "thumbnail.chosen" → "thumbnail chosen:". */
export function deedOf(action: string): string {
  return SENTENCES[action] ?? `${action.replace(".", " ")}:`;
}

/** An act as a choice of a list: "Video: published". */
export function actionWords(action: string): string {
  const [subject = "", deed = ""] = action.split(".");
  const name = subject === "videos" ? "Many videos" : subject.charAt(0).toUpperCase() + subject.slice(1);
  return `${name}: ${deed}`;
}

const PAGES: Record<string, (id: number) => string> = {
  video: (id) => `/video/${id}`,
  chapters: (id) => `/video/${id}`,
  playlist: (id) => `/playlist/${id}`,
  category: () => "/categories",
  tag: () => "/tags",
  field: () => "/fields",
};

/** Where the subject can be looked at; "" where there is nothing to look at any more. */
export function subjectPage({ action, subject_type, subject_id }: AuditEntry): string {
  if (subject_id === null || /\.(deleted|purged|merged)$/.test(action)) return action === "video.deleted" ? `/video/${subject_id}` : "";
  return PAGES[subject_type]?.(subject_id) ?? "";
}

export interface Detail {
  name: string;
  before: string;
  after: string;
}

/** Details as rows: a pair is a value before and after, anything else is told as it is. */
export function detailsOf({ details }: Pick<AuditEntry, "details">): Detail[] {
  return Object.entries(details).flatMap(([name, value]) => {
    const words = name.replaceAll("_", " ");
    if (Array.isArray(value) && value.length === 2 && !["add", "remove"].includes(name)) {
      return [{ name: words, before: said(value[0]), after: said(value[1]) }];
    }
    return value === 0 && name === "failed" ? [] : [{ name: words, before: "", after: said(value) }];
  });
}

function said(value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (value === true || value === false) return value ? "yes" : "no";
  // Tags come as JSON of their rows.
  if (typeof value === "string" && /^\[(\{|\]$)/.test(value)) return names(value);
  if (Array.isArray(value)) return value.map(said).join(", ") || "nothing";
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${name}: ${said(one)}`).join(", ") || "nothing";
  return String(value);
}

function names(text: string): string {
  try {
    const found = (JSON.parse(text) as { name?: string }[]).map(({ name }) => name ?? "");
    return found.join(", ") || "nothing";
  } catch {
    return text;
  }
}

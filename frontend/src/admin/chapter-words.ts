import type { Operations } from "./api-types";
import { counted } from "./counted";
import type { Chapter } from "./library-shapes";
import { timeText } from "./times";

type Changes = Operations["PUT /api/videos/{video_id}/chapters/{chapter_id}"]["body"];

/** Where chapters can be taken from, and what that is called. */
export const ORIGINS = { description: "The description", source: "The file" } as const;
export type Origin = keyof typeof ORIGINS;

/** What taking chapters does, said before it is done. */
export function importWords(origin: Origin, listed: number, present: number): string {
  const found = `${ORIGINS[origin]} lists ${counted(listed, "chapter")}.`;
  return present === 0 ? found : `${found} They take the place of the ${counted(present, "chapter")} that the video has now:`;
}

/** Whether somebody else has changed nothing of what I have changed. */
export function isApart(before: Chapter, theirs: Chapter, mine: Changes): boolean {
  return Object.keys(mine).every((name) => before[name as keyof Chapter] === theirs[name as keyof Chapter]);
}

/** The other's chapter is what the list shows; these words keep mine. */
export function disputeWords({ title }: Pick<Chapter, "title">, mine: Changes): string {
  const said = Object.values(mine).map((value) => (typeof value === "number" ? timeText(value) : value === null ? "no end" : `“${value}”`));
  return `Somebody else has changed the chapter “${title}” meanwhile, and the list shows that. Yours was: ${said.join(", ")}.`;
}

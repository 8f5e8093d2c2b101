import { need } from "../shared/dom";
import { durationOf, type Stage } from "./stage";

export interface Chapter {
  start: number;
  title: string;
}

/** Reads `[[start, title], …]`, in the order of their starts; anything else is left out. */
export function parseChapters(text: string | undefined): Chapter[] {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(found)) return [];
  return found
    .filter((each): each is [number, string] => Array.isArray(each) && Number.isFinite(each[0]) && typeof each[1] === "string")
    .map(([start, title]) => ({ start, title }))
    .sort((a, b) => a.start - b.start);
}

/** The chapter that a second lies in; null before the first. */
export function chapterAt(chapters: readonly Chapter[], seconds: number): Chapter | null {
  return chapters.filter(({ start }) => start <= seconds + 0.05).at(-1) ?? null;
}

/** Draws the chapters on the seek bar and names the present one; answers which one a second lies in. */
export function wireChapters({ root, video, signal }: Stage): (seconds: number) => string | null {
  const chapters = parseChapters(root.dataset["chapters"]);
  const marks = need(root, "[data-marks]");
  const name = need(root, "[data-chapter]");

  function draw(): void {
    const duration = durationOf(video);
    const inside = chapters.filter(({ start }) => start > 0 && start < duration);
    marks.replaceChildren(
      ...inside.map(({ start }) => {
        const mark = document.createElement("span");
        mark.style.setProperty("--at", String(start / duration));
        return mark;
      }),
    );
  }

  function tell(): void {
    const title = chapterAt(chapters, video.currentTime)?.title ?? "";
    if (name.textContent !== title) name.textContent = title;
  }

  if (chapters.length > 0) {
    video.addEventListener("durationchange", draw, { signal });
    video.addEventListener("timeupdate", tell, { signal });
    video.addEventListener("seeking", tell, { signal });
    tell();
  }
  return (seconds) => chapterAt(chapters, seconds)?.title ?? null;
}

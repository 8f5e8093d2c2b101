import type { Thumbnail } from "./shapes";

/** The `srcset` of one format: every size with its width, "" where there is none. */
export function srcset(thumbnails: readonly Omit<Thumbnail, "height">[], format: string): string {
  return thumbnails
    .filter((one) => one.format === format)
    .map(({ url, width }) => `${url} ${width}w`)
    .join(", ");
}

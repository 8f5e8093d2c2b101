export const TITLE_MAX_LENGTH = 255;

/** A first title from a file name: "IMG_20191220-170832.final.mp4" → "IMG 20191220 170832 final". */
export function titleFromFileName(name: string): string {
  const stem = name.normalize("NFC").replace(/\.[a-z0-9]{1,5}$/i, "");
  const words = stem.replace(/[_.\s]+/gu, " ").replace(/(?<=\d)-(?=\d)/gu, " ").trim();
  const title = words === "" ? name : words;
  return [...(title.charAt(0).toUpperCase() + title.slice(1))].slice(0, TITLE_MAX_LENGTH).join("");
}

import type { Piece } from "./api-types";

const TAGS = new Set(["p", "br", "a", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "h3", "h4", "h5", "h6"]);

/** Builds what visitors would see of pieces: elements by their names, text as text, links that lead out of the page. */
export function built(pieces: readonly Piece[]): DocumentFragment {
  const whole = document.createDocumentFragment();
  const open: (DocumentFragment | HTMLElement)[] = [whole];
  for (const { kind, text, value } of pieces) {
    const within = open.at(-1) ?? whole;
    if (kind === "text") within.append(text);
    else if (kind === "close") open.pop();
    else {
      const element = document.createElement(TAGS.has(text) ? text : "span");
      if (element instanceof HTMLAnchorElement) lead(element, value);
      if (element instanceof HTMLOListElement && value !== null) element.start = Number(value);
      within.append(element);
      open.push(element);
    }
  }
  return whole;
}

/** Times seek on the watch page; here they are only shown as links. */
function lead(link: HTMLAnchorElement, address: string | null): void {
  if (address === null || !/^(https?:|mailto:)/i.test(address)) return;
  link.href = address;
  link.rel = "nofollow ugc noopener";
  link.target = "_blank";
}

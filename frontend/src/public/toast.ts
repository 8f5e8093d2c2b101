import { el } from "../shared/dom";

const SHOWN_MS = 4000;
let region: HTMLElement | null = null;
let timer = 0;

/** Says in passing what has happened; read out politely. */
export function tell(text: string): void {
  if (region === null) {
    region = el("p", { class: "public-toast", role: "status" });
    document.body.append(region);
  }
  region.textContent = text;
  region.toggleAttribute("data-shown", true);
  clearTimeout(timer);
  timer = window.setTimeout(() => region?.removeAttribute("data-shown"), SHOWN_MS);
}

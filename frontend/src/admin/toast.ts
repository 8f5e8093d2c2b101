import { el } from "../shared/dom";

const STAY_MS = 5000;
const STAY_ERROR_MS = 12_000;

/** Says in a corner that something worked or did not; a screen reader hears it too. */
export function toast(text: string, tone: "done" | "error" = "done"): void {
  const holder = document.querySelector<HTMLElement>("[data-toasts]");
  if (holder === null) return;
  const close = el("button", { type: "button", class: "toast-close", "aria-label": "Dismiss" }, "×");
  const note = el("div", { class: "toast", "data-tone": tone }, el("span", {}, text), close);
  const leave = (): void => note.remove();
  close.addEventListener("click", leave);
  holder.append(note);
  let timer = window.setTimeout(leave, tone === "error" ? STAY_ERROR_MS : STAY_MS);
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => (timer = window.setTimeout(leave, STAY_MS)));
}

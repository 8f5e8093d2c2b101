import { el } from "../shared/dom";

const STAY_MS = 5000;
const STAY_UNDO_MS = 10_000;
const STAY_ERROR_MS = 12_000;

/** A second thought about what a toast says, such as "Undo". */
export interface ToastAction {
  label: string;
  run(): void | Promise<void>;
}

/** Says in a corner that something worked or did not; a screen reader hears it too. It stays while somebody is at it. */
export function toast(text: string, tone: "done" | "error" = "done", action: ToastAction | null = null): void {
  const holder = document.querySelector<HTMLElement>("[data-toasts]");
  if (holder === null) return;
  const close = el("button", { type: "button", class: "toast-close", "aria-label": "Dismiss" }, "×");
  const note = el("div", { class: "toast", "data-tone": tone }, el("span", {}, text), ...actionOf(action, () => note.remove()), close);
  const stay = tone === "error" ? STAY_ERROR_MS : action !== null ? STAY_UNDO_MS : STAY_MS;
  const leave = (): void => note.remove();
  let timer = window.setTimeout(leave, stay);
  const hold = (): void => clearTimeout(timer);
  const release = (): void => void (clearTimeout(timer), (timer = window.setTimeout(leave, stay)));
  close.addEventListener("click", leave);
  note.addEventListener("pointerenter", hold);
  note.addEventListener("pointerleave", release);
  note.addEventListener("focusin", hold);
  note.addEventListener("focusout", release);
  holder.append(note);
}

function actionOf(action: ToastAction | null, leave: () => void): HTMLElement[] {
  if (action === null) return [];
  const button = el("button", { type: "button", class: "toast-action" }, action.label);
  button.addEventListener("click", () => {
    leave();
    void action.run();
  });
  return [button];
}

import { need } from "../shared/dom";

export interface Question {
  title: string;
  text: string;
  /** What the confirming button says: the deed, not "OK". */
  action: string;
  danger?: boolean;
  /** When given, the button stays off until exactly this was typed. */
  typed?: string;
}

/** Whether what somebody typed confirms: the same text, however the spaces around it fell. */
export function confirms(typed: string, wanted: string): boolean {
  return typed.normalize("NFC").trim().replace(/\s+/gu, " ") === wanted.normalize("NFC").trim().replace(/\s+/gu, " ");
}

/** Asks in the page's dialog; true when confirmed. Closing it in any other way means no. */
export function ask({ title, text, action, danger = false, typed }: Question): Promise<boolean> {
  const dialog = need<HTMLDialogElement>(document, "[data-confirm]");
  const yes = need<HTMLButtonElement>(dialog, "[data-confirm-yes]");
  const field = need<HTMLInputElement>(dialog, "[data-confirm-field]");
  const typing = need(dialog, "[data-confirm-typing]");
  need(dialog, ".dialog-title").textContent = title;
  need(dialog, "[data-confirm-text]").textContent = text;
  need(dialog, "[data-confirm-wanted]").textContent = typed ?? "";
  typing.hidden = typed === undefined;
  field.value = "";
  yes.textContent = action;
  yes.className = danger ? "button button-danger-solid" : "button button-primary";
  const judge = (): void => void (yes.disabled = typed !== undefined && !confirms(field.value, typed));
  judge();

  return new Promise((resolve) => {
    const over = new AbortController();
    field.addEventListener("input", judge, { signal: over.signal });
    // Enter would press the form's first button, which is Cancel.
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (!yes.disabled) yes.click();
    }, { signal: over.signal });
    dialog.addEventListener(
      "close",
      () => {
        over.abort();
        resolve(dialog.returnValue === "yes");
      },
      { once: true },
    );
    dialog.returnValue = "";
    dialog.showModal();
    if (typed === undefined) need(dialog, "[data-confirm-no]").focus();
    else field.focus();
  });
}

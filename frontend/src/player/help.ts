import { el, need } from "../shared/dom";
import { setShortcutsEverywhere, shortcutsEverywhere } from "./keyboard";
import { GROUPS } from "./shortcuts";

/** The shortcuts dialog, written from the same table that the keys are read from. */
export function makeHelp(root: ParentNode): () => void {
  const dialog = need<HTMLDialogElement>(root, "[data-help]");
  const rows = GROUPS.map(({ shown, does }) =>
    el("div", { class: "shortcut" }, el("dt", {}, does), el("dd", {}, ...shown.map((key) => el("kbd", {}, key)))),
  );
  need(dialog, "[data-help-list]").replaceChildren(...rows);

  const everywhere = dialog.querySelector<HTMLInputElement>("[data-help-everywhere]");
  everywhere?.addEventListener("change", () => setShortcutsEverywhere(everywhere.checked));
  return () => {
    if (everywhere) everywhere.checked = shortcutsEverywhere();
    if (!dialog.open) dialog.showModal();
  };
}

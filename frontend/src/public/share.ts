import { copyText, need } from "../shared/dom";
import { clock } from "../shared/format";
import { addressAt } from "../player/start-time";

/** The share dialog: the address, from the start or from this moment. */
export function wireShare(page: ParentNode, video: HTMLVideoElement, address: string): void {
  const dialog = need<HTMLDialogElement>(page, "[data-share]");
  const open = need<HTMLButtonElement>(page, "[data-share-open]");
  const field = need<HTMLInputElement>(dialog, "[data-share-address]");
  const timed = need<HTMLInputElement>(dialog, "[data-share-timed]");
  const status = need(dialog, "[data-share-status]");
  let moment = 0;

  function show(): void {
    field.value = addressAt(address, timed.checked ? moment : null);
    status.textContent = "";
  }

  async function copy(): Promise<void> {
    const copied = await copyText(field.value);
    status.textContent = copied ? "Copied." : "Your browser did not allow copying. Select the address and copy it yourself.";
    if (!copied) field.select();
  }

  open.hidden = false;
  open.addEventListener("click", () => {
    moment = video.currentTime;
    timed.checked = moment >= 1 && !video.ended;
    need(dialog, "[data-share-time]").textContent = clock(moment);
    show();
    dialog.showModal();
    field.select();
  });
  timed.addEventListener("change", show);
  need(dialog, "[data-share-copy]").addEventListener("click", () => void copy());
}

import { copyText, need } from "../shared/dom";
import { clock } from "../shared/format";
import { t } from "../shared/words";
import { addressAt } from "../player/start-time";

/** The code of a frame with another address in it: what the server wrote, from a start time on. */
export function embedCodeAt(code: string, embedUrl: string, seconds: number | null): string {
  return code.replace(`src="${embedUrl}"`, () => `src="${addressAt(embedUrl, seconds)}"`);
}

/** The share dialog: address and embed code, from the start or from this moment. */
export function wireShare(page: ParentNode, video: HTMLVideoElement, address: string): void {
  const dialog = need<HTMLDialogElement>(page, "[data-share]");
  const open = need<HTMLButtonElement>(page, "[data-share-open]");
  const field = need<HTMLInputElement>(dialog, "[data-share-address]");
  const code = need<HTMLTextAreaElement>(dialog, "[data-share-embed]");
  const timed = need<HTMLInputElement>(dialog, "[data-share-timed]");
  const status = need(dialog, "[data-share-status]");
  const native = need<HTMLButtonElement>(dialog, "[data-share-native]");
  const written = code.value;
  let moment = 0;

  function show(): void {
    const start = timed.checked ? moment : null;
    field.value = addressAt(address, start);
    code.value = embedCodeAt(written, code.dataset["embedUrl"] ?? "", start);
    status.textContent = "";
  }

  async function copy(from: HTMLInputElement | HTMLTextAreaElement): Promise<void> {
    const copied = await copyText(from.value);
    status.textContent = copied ? t("Copied.") : t("Your browser did not allow copying. Select the text and copy it yourself.");
    if (!copied) from.select();
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
  need(dialog, "[data-share-copy=address]").addEventListener("click", () => void copy(field));
  need(dialog, "[data-share-copy=embed]").addEventListener("click", () => void copy(code));
  if ("share" in navigator) {
    native.hidden = false;
    native.addEventListener("click", () => void navigator.share({ title: document.title, url: field.value }).catch(() => undefined));
  }
}

import { need } from "../shared/dom";
import { call, wordsOf } from "./client";
import type { Draft } from "./draft";
import { built } from "./markdown";

interface Host {
  draft: Draft;
  duration: number | null;
  previewing: boolean;
  previewError: string;
}

/** Part of the form: how the description will look, as the server would render it. */
export function descriptionPreview() {
  return {
    previewing: false,
    previewError: "",

    async togglePreview(this: Host): Promise<void> {
      this.previewError = "";
      if (this.previewing) {
        this.previewing = false;
        requestAnimationFrame(() => need(document, "#edit-description").focus());
        return;
      }
      const place = need(document, "[data-description-preview]");
      const text = String(this.draft["description"] ?? "");
      try {
        const { pieces } = await call("POST /api/markdown/preview", { body: { text, duration: this.duration } });
        place.replaceChildren(pieces.length === 0 ? "Nothing is written yet." : built(pieces));
        this.previewing = true;
      } catch (error) {
        this.previewError = wordsOf(error);
      }
    },
  };
}

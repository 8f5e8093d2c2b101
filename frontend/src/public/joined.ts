import { ApiError, publicProgress, publicVideo, type PublicProgress } from "../shared/api";
import { need } from "../shared/dom";
import type { Quality } from "../player/engine";
import type { Player } from "../player/player";
import { joined, label, lines } from "../player/quality";

const POLL_MS = 10_000;

/** Whether more sizes may still come: something of the ladder is neither done nor given up. */
export function moreToCome(progress: PublicProgress): boolean {
  return progress.qualities.some(({ status }) => !["completed", "failed", "skipped"].includes(status));
}

/** Watches for picture sizes that are made while somebody already watches, and offers the best of them once each. */
export function offerJoined(watch: HTMLElement, slug: string, player: Player): void {
  const note = need(watch, "[data-joined]");
  const coming = need(watch, "[data-more-coming]");
  let offered = 0;
  let best: Quality | null = null;

  function offer(quality: Quality): void {
    best = quality;
    offered = lines(quality);
    need(note, "[data-joined-text]").textContent = `${label(quality)} is ready now.`;
    note.hidden = false;
  }

  /** Whether to look again; said in passing, as nobody has to do anything about it. */
  function tell(progress: PublicProgress): boolean {
    const more = moreToCome(progress);
    coming.hidden = !more;
    return more;
  }

  async function look(): Promise<boolean> {
    const progress = await publicProgress(slug);
    const loaded = player.qualities();
    if (loaded.length === 0) return tell(progress);
    const { qualities } = await publicVideo(slug);
    const newcomers = joined(loaded, qualities).map(({ quality, width, height, bitrate }) => (
      { id: `joined-${quality}`, width, height, bandwidth: bitrate, frameRate: null }
    ));
    player.addJoined(newcomers);
    const largest = newcomers[0];
    const sharper = largest !== undefined && lines(largest) > Math.max(offered, ...loaded.map(lines));
    if (sharper) offer(largest);
    return tell(progress);
  }

  async function keepLooking(): Promise<void> {
    for (let more = true; more; ) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      more = await look().catch((error: unknown) => error instanceof ApiError && error.status !== 404);
    }
  }

  need(note, "[data-joined-accept]").addEventListener("click", () => {
    note.hidden = true;
    if (best !== null) player.chooseQuality(best.id);
  });
  need(note, "[data-joined-dismiss]").addEventListener("click", () => (note.hidden = true));
  publicProgress(slug)
    .then((progress) => (tell(progress) ? keepLooking() : undefined))
    .catch(() => undefined);
}

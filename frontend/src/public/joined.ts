import { ApiError, publicProgress, publicVideo, type PublicProgress } from "../shared/api";
import { need } from "../shared/dom";
import type { Quality } from "../player/engine";
import type { Player } from "../player/player";
import { joined, label, lines } from "../player/quality";
import { t } from "../shared/words";

const FIRST_LOOK_MS = 2000;
const POLL_MS = 10_000;

/** The picture sizes that are neither done nor given up, by name. */
export function sizesToCome(progress: PublicProgress): string[] {
  return progress.qualities
    .filter(({ name, status }) => !name.startsWith("audio") && !["completed", "failed", "skipped"].includes(status))
    .map(({ name }) => name);
}

/** Whether one of them is none of those that the player offers already, half made as they may be. */
export function isMore(coming: readonly string[], loaded: readonly Quality[]): boolean {
  return loaded.length > 0 && coming.some((name) => !loaded.some((one) => `${lines(one)}p` === name));
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
    need(note, "[data-joined-text]").textContent = t("%(size)s is ready now.", { size: label(quality) });
    note.hidden = false;
  }

  /** Whether to look again; said in passing, as nobody has to do anything about it. */
  function tell(progress: PublicProgress): boolean {
    const sizes = sizesToCome(progress);
    coming.hidden = !isMore(sizes, player.qualities());
    return sizes.length > 0;
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
    // Soon at first: only a player that has loaded knows what it offers.
    for (let more = true, pause = FIRST_LOOK_MS; more; pause = POLL_MS) {
      await new Promise((resolve) => setTimeout(resolve, pause));
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

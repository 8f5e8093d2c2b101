import { need } from "../shared/dom";
import type { Source } from "../player/engine";
import { mountPlayer, type Player } from "../player/player";
import { parseStartTime } from "../player/start-time";
import { wireFrame } from "./frame";
import { offerJoined } from "./joined";
import { waitUntilReady } from "./processing";
import { wireFold } from "./fold";
import { wireLater } from "./later";
import { wireMoments } from "./moments";
import { takeGoingOn, wirePlaylist } from "./playlist";
import { wireShare } from "./share";

function start(watch: HTMLElement, source: Source, autoplay: boolean): Player {
  const player = need(watch, "[data-player]");
  return mountPlayer(player, {
    source,
    videoId: watch.dataset["videoId"] ?? null,
    startSeconds: parseStartTime(new URLSearchParams(location.search).get("t")),
    reach: "page",
    autoplay,
  });
}

/** What stands around a player that has started. */
function attend(watch: HTMLElement, slug: string, player: Player): void {
  wireShare(document, player.video, watch.dataset["canonicalUrl"] || location.href);
  wireMoments(document, player);
  wirePlaylist(watch, player);
  offerJoined(watch, slug, player);
}

async function startWhenReady(watch: HTMLElement, slug: string): Promise<void> {
  const source = await waitUntilReady(need(watch, "[data-waiting-room]"), slug);
  const template = need<HTMLTemplateElement>(watch, "[data-player-template]");
  need(watch, "[data-waiting-room]").replaceWith(template.content.cloneNode(true));
  // Whoever waited in front of the page sees it start; nobody is surprised by sound from a hidden tab.
  const player = start(watch, source, document.visibilityState === "visible");
  attend(watch, slug, player);
}

wireFrame();
const watch = document.querySelector<HTMLElement>("[data-watch]");
if (watch !== null) {
  wireFold();
  wireLater(watch, watch.dataset["videoId"] ?? "");
  const { slug = "", status, dashUrl, hlsUrl } = watch.dataset;
  if (status === "ready") {
    const player = start(watch, { dashUrl: dashUrl || null, hlsUrl: hlsUrl || null }, takeGoingOn());
    attend(watch, slug, player);
  } else if (status === "pending" || status === "processing") {
    void startWhenReady(watch, slug);
  }
}

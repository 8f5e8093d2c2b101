import { need } from "../shared/dom";
import { mountPlayer } from "../player/player";
import { addressAt } from "../player/start-time";
import { embedOptions } from "./embed-options";

const place = document.querySelector<HTMLElement>("[data-embed]");
if (place !== null) {
  const asked = embedOptions(location.search);
  const { dashUrl, hlsUrl } = place.dataset;
  const player = mountPlayer(need(place, "[data-player]"), {
    source: { dashUrl: dashUrl || null, hlsUrl: hlsUrl || null },
    // Nothing is remembered on behalf of another site.
    videoId: null,
    startSeconds: asked.startSeconds,
    reach: "focus",
    autoplay: asked.autoplay,
  });
  player.video.loop = asked.loop;
  if (asked.muted) player.video.muted = true;
  // Whoever goes on on the site itself goes on where he is.
  const link = need<HTMLAnchorElement>(place, "[data-embed-link]");
  const address = link.href;
  link.addEventListener("click", () => {
    link.href = addressAt(address, player.video.currentTime);
    player.video.pause();
  });
}

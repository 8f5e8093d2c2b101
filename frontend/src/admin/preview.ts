import { need } from "../shared/dom";
import { mountPlayer, type Player } from "../player/player";
import type { VideoDetail } from "./shapes";

/** The player on the detail page: mounted when there is something to play, anew when the manifest's address changes. */
export interface Preview {
  show(video: VideoDetail): void;
  /** Seconds; 0 without a player. */
  now(): number;
  seek(seconds: number): void;
}

export function makePreview(holder: HTMLElement): Preview {
  const template = need<HTMLTemplateElement>(document, "[data-player-template]");
  let shown: string | null = null;
  let player: Player | null = null;

  function show(video: VideoDetail): void {
    const source = { dashUrl: video.dash_url, hlsUrl: video.stream_url };
    const wanted = video.status === "ready" && video.deleted_at === null ? (source.dashUrl ?? source.hlsUrl) : null;
    if (wanted === shown) return;
    shown = wanted;
    player?.destroy();
    player = null;
    holder.replaceChildren();
    if (wanted === null) return;
    holder.append(template.content.cloneNode(true));
    const root = need(holder, "[data-player]");
    root.dataset["title"] = video.title;
    if (video.thumbnail_url !== null) need<HTMLVideoElement>(root, "video").poster = video.thumbnail_url;
    player = mountPlayer(root, { source, videoId: null, startSeconds: null, reach: "focus", autoplay: false });
  }

  return {
    show,
    now: () => player?.video.currentTime ?? 0,
    seek(seconds) {
      if (player !== null) player.video.currentTime = seconds;
    },
  };
}

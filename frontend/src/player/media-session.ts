import type { Actions } from "./actions";
import type { Stage } from "./stage";

/** Title and picture on lock screens, and the keys of headsets and keyboards. */
export function wireMediaSession(stage: Stage, actions: Actions): void {
  const { root, video, signal } = stage;
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
    ["play", () => void actions.play()],
    ["pause", () => video.pause()],
    ["seekbackward", () => actions.seekBy(-10)],
    ["seekforward", () => actions.seekBy(10)],
    ["seekto", ({ seekTime }) => seekTime !== undefined && actions.seekTo(seekTime)],
  ];
  video.addEventListener(
    "play",
    () => {
      const artwork = video.poster ? [{ src: video.poster }] : [];
      session.metadata = new MediaMetadata({ title: root.dataset["title"] ?? "", artwork });
      if (stage.step !== null) handlers.push(["nexttrack", () => stage.step?.(1)], ["previoustrack", () => stage.step?.(-1)]);
      for (const [action, handler] of handlers) session.setActionHandler(action, handler);
    },
    { once: true, signal },
  );
  signal.addEventListener("abort", () => handlers.forEach(([action]) => session.setActionHandler(action, null)));
}

import { need } from "../shared/dom";
import { makeActions, type Actions } from "./actions";
import { wireAutoHide } from "./auto-hide";
import type { Quality, Source } from "./engine";
import { wireChapters } from "./chapters";
import { wireGestures } from "./gestures";
import { makeHelp } from "./help";
import { wireKeyboard, type Reach } from "./keyboard";
import { wireMediaSession } from "./media-session";
import { wireMenus } from "./menus";
import { makeLoader } from "./loading";
import { lines } from "./quality";
import { offerResume, resumePoint, wireRemembering } from "./resume";
import { makeScreen } from "./screen";
import { wireSeekBar } from "./seek-bar";
import { makeStage } from "./stage";
import { wireState } from "./state";
import { wireVolume } from "./volume";
import type { Act } from "./shortcuts";

export interface Player {
  readonly root: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly actions: Actions;
  /** Sizes the loaded manifest holds. */
  qualities(): Quality[];
  /** Adds sizes that the server has gained since; the quality menu offers them. */
  addJoined(qualities: Quality[]): void;
  /** A size from the menu, null for automatic. Loads the manifest anew when it does not hold that size yet. */
  chooseQuality(id: string | null): void;
  /** Calls this for the next (1) or previous (-1) video: keys, and buttons of the system. */
  onStep(listener: (by: 1 | -1) => void): void;
  /** Brings the picture into view. */
  show(): void;
  destroy(): void;
}

export interface PlayerOptions {
  source: Source;
  /** Names the video in this browser's memory of positions; null remembers nothing. */
  videoId: string | null;
  /** From the address: wins over the remembered position. */
  startSeconds: number | null;
  reach: Reach;
  autoplay: boolean;
}

/** Brings the markup of macros/player.html to life and loads the video. */
export function mountPlayer(root: HTMLElement, options: PlayerOptions): Player {
  const life = new AbortController();
  const stage = makeStage(root, life.signal);
  const screen = makeScreen(stage);
  const actions = makeActions(stage, screen, makeHelp(root));
  const loader = makeLoader(stage, options.source);

  function chooseQuality(id: string | null): void {
    const newcomer = stage.joined.find((quality) => quality.id === id);
    if (newcomer === undefined) {
      stage.engine?.choose(id);
      return;
    }
    void loader.reload().then((loaded) => {
      if (!loaded) return;
      const same = stage.engine?.qualities().find((quality) => lines(quality) === lines(newcomer));
      if (same) stage.engine?.choose(same.id);
    });
  }

  wireState(stage);
  wireVolume(stage, actions, options.videoId !== null);
  wireSeekBar(stage, actions, wireChapters(stage));
  const menus = wireMenus(stage, actions, chooseQuality);
  wireAutoHide(stage, menus);
  wireGestures(stage, actions);
  wireKeyboard(stage, actions, screen, options.reach);
  wireMediaSession(stage, actions);
  for (const button of root.querySelectorAll<HTMLElement>("[data-act]")) {
    button.addEventListener("click", () => actions.run(button.dataset["act"] as Act), { signal: life.signal });
  }
  need(root, "[data-retry]").addEventListener("click", () => void loader.retry(), { signal: life.signal });

  const resume = options.startSeconds === null && options.videoId !== null ? resumePoint(options.videoId) : null;
  void loader.load(options.startSeconds ?? resume).then(async (loaded) => {
    if (!loaded) return;
    if (options.videoId !== null) wireRemembering(stage, options.videoId);
    if (options.autoplay && (await actions.play())) return;
    if (resume !== null) offerResume(stage, actions, resume);
  });

  return {
    root,
    video: stage.video,
    actions,
    qualities: () => stage.engine?.qualities() ?? [],
    addJoined(qualities) {
      stage.joined = qualities;
      stage.changed();
    },
    chooseQuality,
    onStep: (listener) => (stage.step = listener),
    show: () => root.scrollIntoView({ block: "nearest" }),
    destroy() {
      life.abort();
      void stage.engine?.destroy();
    },
  };
}

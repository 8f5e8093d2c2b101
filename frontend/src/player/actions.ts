import { clock, percent, spoken } from "../shared/format";
import { t } from "../shared/words";
import type { Screen } from "./screen";
import type { Act } from "./shortcuts";
import { nextSpeed, speedLabel } from "./speed";
import { durationOf, type Stage } from "./stage";

/** Everything that can be done to a player, by name: buttons, keys and gestures all end here. */
export interface Actions {
  play(): Promise<boolean>;
  seekTo(seconds: number): void;
  seekBy(seconds: number): void;
  setVolume(volume: number): void;
  setSpeed(speed: number): void;
  run(act: Act): void;
}

const VOLUME_STEP = 0.05;
const ASSUMED_FRAME_RATE = 30;

export function makeActions(stage: Stage, screen: Screen, showHelp: () => void): Actions {
  const { video } = stage;

  /** False when the browser wants a press first. A press during loading counts once the video is there. */
  async function play(): Promise<boolean> {
    await stage.settled;
    try {
      await video.play();
      return true;
    } catch {
      return false;
    }
  }

  function seekTo(seconds: number): void {
    const end = durationOf(video);
    if (end > 0) video.currentTime = Math.min(Math.max(0, seconds), end);
  }

  function seekBy(seconds: number): void {
    seekTo(video.currentTime + seconds);
    stage.flash(`${seconds > 0 ? "+" : "−"}${Math.abs(seconds)} s`);
  }

  function jump(seconds: number): void {
    seekTo(seconds);
    stage.flash(clock(seconds));
    stage.announce(spoken(seconds));
  }

  function setVolume(volume: number): void {
    video.volume = Math.min(1, Math.max(0, Math.round(volume * 100) / 100));
    video.muted = video.volume === 0;
  }

  function louder(by: number): void {
    // Sound that is off comes back as it was; turning it down further leaves it off.
    if (video.muted && by > 0) video.muted = false;
    else if (!video.muted) setVolume(video.volume + by);
    stage.flash(video.muted ? t("Sound off") : t("Volume %(percent)s", { percent: percent(video.volume * 100) }));
  }

  function setSpeed(speed: number): void {
    video.defaultPlaybackRate = speed;
    video.playbackRate = speed;
    stage.flash(t("Speed: %(speed)s", { speed: speedLabel(speed) }));
  }

  function step(frames: number): void {
    video.pause();
    const rate = stage.engine?.active()?.frameRate ?? ASSUMED_FRAME_RATE;
    seekTo(video.currentTime + frames / rate);
    stage.announce(frames > 0 ? t("One frame forward") : t("One frame back"));
  }

  const plain: Record<Exclude<Act, `tenth${number}`>, () => void> = {
    toggle: () => (video.paused ? void play() : video.pause()),
    back5: () => seekBy(-5),
    forward5: () => seekBy(5),
    back10: () => seekBy(-10),
    forward10: () => seekBy(10),
    louder: () => louder(VOLUME_STEP),
    quieter: () => louder(-VOLUME_STEP),
    mute() {
      if (video.volume === 0) setVolume(0.5);
      else video.muted = !video.muted;
      stage.flash(video.muted ? t("Sound off") : t("Sound on"));
    },
    slower: () => setSpeed(nextSpeed(video.playbackRate, -1)),
    faster: () => setSpeed(nextSpeed(video.playbackRate, 1)),
    previousFrame: () => step(-1),
    nextFrame: () => step(1),
    start: () => jump(0),
    end: () => jump(durationOf(video)),
    fullscreen: () => screen.toggleFullscreen(),
    theatre: () => screen.toggleTheatre(),
    pip: () => screen.togglePictureInPicture(),
    help: showHelp,
    nextVideo: () => stage.step?.(1),
    previousVideo: () => stage.step?.(-1),
    escape: () => screen.leaveTheatre(),
  };

  function run(act: Act): void {
    if (act.startsWith("tenth")) jump((durationOf(video) * Number(act.slice(5))) / 10);
    else plain[act as keyof typeof plain]();
  }

  return { play, seekTo, seekBy, setVolume, setSpeed, run };
}

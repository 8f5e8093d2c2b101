import { need } from "../shared/dom";
import type { Engine, Quality } from "./engine";

/** What the player's parts share: the elements, the engine of the moment, and two ways to say something. */
export interface Stage {
  readonly root: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly controls: HTMLElement;
  /** Ends every listener of the player. */
  readonly signal: AbortSignal;
  engine: Engine | null;
  /** Settles when the load in progress has ended, well or badly. */
  settled: Promise<unknown>;
  /** Sizes that joined after the manifest was loaded; choosing one loads it anew. */
  joined: Quality[];
  /** Another video of the same row, where there is one. */
  step: ((by: 1 | -1) => void) | null;
  /** Says something to a screen reader, politely. */
  announce(text: string): void;
  /** Shows something over the picture for a moment, and announces it. */
  flash(text: string): void;
  /** Tells every part that engine, qualities or choice changed. */
  changed(): void;
  onChanged(listener: () => void): void;
}

const FLASH_MS = 900;

export function makeStage(root: HTMLElement, signal: AbortSignal): Stage {
  const status = need(root, "[data-announce]");
  const bezel = need(root, "[data-bezel]");
  const listeners: (() => void)[] = [];
  let timer = 0;

  return {
    root,
    video: need<HTMLVideoElement>(root, "video"),
    controls: need(root, "[data-controls]"),
    signal,
    engine: null,
    settled: Promise.resolve(),
    joined: [],
    step: null,
    announce: (text) => (status.textContent = text),
    flash(text) {
      status.textContent = text;
      bezel.textContent = text;
      bezel.dataset["shown"] = "";
      clearTimeout(timer);
      timer = window.setTimeout(() => delete bezel.dataset["shown"], FLASH_MS);
    },
    changed: () => listeners.forEach((listener) => listener()),
    onChanged: (listener) => void listeners.push(listener),
  };
}

/** The length in seconds; 0 until it is known. */
export function durationOf(video: HTMLVideoElement): number {
  return Number.isFinite(video.duration) ? video.duration : 0;
}

/** How large a picture the box needs. A player's own rule (Shaka's `restrictToElementSize`) asks a size to cover the box
 *  in both directions, and leaves out a film of 640×480 for being higher than a box of 787×443 that it does not fill:
 *  pictures are shown whole, so they touch the box in one direction only. */
export interface Size {
  width: number;
  height: number;
}

const SETTLED_MS = 500;

/** The height of the smallest of these sizes that the box does not have to enlarge; Infinity where it would enlarge all
 *  of them, or is not shown. */
export function heightFor(box: Size, sizes: readonly Size[]): number {
  if (box.width === 0 || box.height === 0) return Infinity;
  const enough = sizes.filter(({ width, height }) => width >= box.width || height >= box.height);
  return Math.min(...enough.map(({ height }) => height));
}

/** What the picture has to itself, in pixels of the screen. */
function boxOf(video: HTMLVideoElement, floating: Size | null): Size {
  const { width, height } = floating ?? { width: video.clientWidth, height: video.clientHeight };
  return { width: width * devicePixelRatio, height: height * devicePixelRatio };
}

/** Tells the box of the picture whenever it has another size, in the page or floating above all windows. */
export class Box {
  readonly #life = new AbortController();
  readonly #observer: ResizeObserver;
  readonly #video: HTMLVideoElement;
  #floating: PictureInPictureWindow | null = null;
  #timer = 0;

  constructor(video: HTMLVideoElement, onChange: () => unknown) {
    const soon = (): void => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(onChange, SETTLED_MS);
    };
    const { signal } = this.#life;
    this.#video = video;
    this.#observer = new ResizeObserver(soon);
    this.#observer.observe(video);
    video.addEventListener(
      "enterpictureinpicture",
      ({ pictureInPictureWindow }) => {
        this.#floating = pictureInPictureWindow;
        pictureInPictureWindow.addEventListener("resize", soon, { signal });
        soon();
      },
      { signal },
    );
    video.addEventListener(
      "leavepictureinpicture",
      () => {
        this.#floating = null;
        soon();
      },
      { signal },
    );
  }

  get size(): Size {
    return boxOf(this.#video, this.#floating);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    this.#life.abort();
  }
}

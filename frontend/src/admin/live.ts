import type { LibraryEvent, ProgressEvent, VideoEvent } from "./shapes";

export interface LiveHooks {
  onProgress(event: ProgressEvent): void;
  onVideo(event: VideoEvent): void;
  /** Somebody has changed a category, tag, playlist or custom field. */
  onLibrary?(event: LibraryEvent): void;
  /** Called after every new connection: whatever happened in between was missed, so ask again. */
  onCatchUp(): void;
}

const POLL_MS = 5000;
const RECONNECT_MAX_MS = 30_000;
const LOOK_MS = 200;

/** Milliseconds before connection attempt `attempt` (from 0), with a little chance so that tabs spread out. */
export function reconnectDelay(attempt: number, chance: number): number {
  return Math.min(RECONNECT_MAX_MS, 1000 * 2 ** attempt) * (0.75 + chance / 2);
}

const followers = new Set<LiveHooks>();
let shared: { close(): void } | null = null;

/** `connectLive` for several parts of one page: browsers allow few connections to one server, so they share one. */
export function followLive(hooks: LiveHooks): void {
  followers.add(hooks);
  shared ??= connectLive({
    onProgress: (event) => followers.forEach((one) => one.onProgress(event)),
    onVideo: (event) => followers.forEach((one) => one.onVideo(event)),
    onLibrary: (event) => followers.forEach((one) => one.onLibrary?.(event)),
    onCatchUp: () => followers.forEach((one) => one.onCatchUp()),
  });
}

/** Calls `look` soon after somebody has changed one of these subjects, or after `videoMs` when a video was. */
export function followLibrary(subjects: readonly LibraryEvent["subject"][], look: () => unknown, videoMs: number | null = null): void {
  let timer = 0;
  const soon = (wait: number): void => {
    if (timer !== 0) return;
    timer = window.setTimeout(() => {
      timer = 0;
      look();
    }, wait);
  };
  followLive({
    onProgress: () => undefined,
    onVideo: () => videoMs !== null && soon(videoMs),
    onLibrary: ({ subject }) => subjects.includes(subject) && soon(LOOK_MS),
    onCatchUp: () => soon(LOOK_MS),
  });
}

/** Listens to the server's events; while there is no connection, asks every few seconds instead. */
export function connectLive(hooks: LiveHooks): { close(): void } {
  let source: EventSource | null = null;
  let attempt = 0;
  let timer = 0;
  const polling = window.setInterval(() => {
    if (source?.readyState !== EventSource.OPEN && document.visibilityState === "visible") hooks.onCatchUp();
  }, POLL_MS);

  function listen<T>(stream: EventSource, name: string, handle: (event: T) => void): void {
    stream.addEventListener(name, (message) => handle(JSON.parse((message as MessageEvent<string>).data) as T));
  }

  function open(): void {
    const stream = new EventSource("/api/events/progress");
    source = stream;
    stream.onopen = () => {
      if (attempt > 0) hooks.onCatchUp();
      attempt = 0;
    };
    listen<ProgressEvent>(stream, "progress", (event) => hooks.onProgress(event));
    listen<VideoEvent>(stream, "video", (event) => hooks.onVideo(event));
    listen<LibraryEvent>(stream, "library", (event) => hooks.onLibrary?.(event));
    stream.addEventListener("reconnect", () => again(0));
    stream.onerror = () => again(reconnectDelay(attempt, Math.random()));
  }

  function again(delay: number): void {
    source?.close();
    attempt += 1;
    clearTimeout(timer);
    timer = window.setTimeout(open, delay);
  }

  function close(): void {
    source?.close();
    clearTimeout(timer);
    clearInterval(polling);
  }

  open();
  addEventListener("pagehide", close, { once: true });
  // A page that comes back from the back-forward cache has lost its stream and what happened since.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  return { close };
}

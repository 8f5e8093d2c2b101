import { isRunning, newItem } from "./upload-item";
import { forget, isSameFile, remember, remembered } from "./upload-memory";
import { Runs } from "./upload-runs";
import type { ItemState, OpenTransfer, ServerUpload, UploadItem } from "./upload-shapes";

export const MOST_AT_ONCE = 2;

interface Hooks {
  open: OpenTransfer;
  onDone(item: UploadItem): void;
  chance?: () => number;
}

/** Runs the items of a list, two at a time, until each is a video or somebody has to decide. */
export class UploadQueue {
  // Files and transfers stay outside Alpine's proxies, which they do not survive.
  readonly #files = new Map<number, File>();
  readonly #runs: Runs;
  /** Taken out of the list here; the server may still tell of them for a moment. */
  readonly #dropped = new Set<string>();

  constructor(private readonly items: UploadItem[], private readonly hooks: Hooks) {
    this.#runs = new Runs(hooks.open, (item) => this.#over(item), hooks.chance ?? Math.random);
  }

  /** New files are staged; a file that an unfinished upload is of goes on with it. Answers those already in the list. */
  add(files: readonly File[]): File[] {
    const known: File[] = [];
    for (const file of files) {
      const unfinished = this.items.find((item) => item.state === "unfinished" && isSameFile(file, item, remembered(item.uploadId ?? "")));
      if (unfinished !== undefined) this.goOn(unfinished, file);
      else if (this.#holds(file)) known.push(file);
      else this.#stage(file);
    }
    return known;
  }

  /** Begins what is staged and has a title. */
  startAll(): void {
    for (const item of this.items) if (item.state === "staged" && item.title.trim() !== "") this.#wait(item);
    this.#fill();
  }
  pause(item: UploadItem): void {
    this.#stop(item, "paused", "Paused");
    this.#fill();
  }
  resume(item: UploadItem): void {
    this.#wait(item);
    this.#fill();
  }
  /** An unfinished upload goes on with the file that was chosen again. */
  goOn(item: UploadItem, file: File): void {
    this.#files.set(item.key, file);
    if (item.uploadId !== null) remember(item.uploadId, file);
    this.resume(item);
  }
  /** The network is back: no need to wait longer. */
  hurry(): void {
    for (const item of this.items) if (item.state === "retrying") this.#start(item);
  }
  /** Takes it out of the list; what the server has of it is the caller's business. */
  remove(item: UploadItem): void {
    this.#stop(item, item.state, item.line);
    const at = this.items.findIndex(({ key }) => key === item.key);
    if (at >= 0) this.items.splice(at, 1);
    this.#files.delete(item.key);
    if (item.uploadId !== null) {
      this.#dropped.add(item.uploadId);
      forget(item.uploadId);
    }
    this.#fill();
  }

  /** Brings the rows that this page does not send itself to what the server says of them. */
  adopt(uploads: readonly ServerUpload[]): void {
    const receiving = new Map(uploads.filter(({ state }) => state === "receiving").map((one) => [one.id, one]));
    for (const item of [...this.items]) {
      const found = receiving.get(item.uploadId ?? "");
      if (found !== undefined) receiving.delete(found.id);
      if (item.state !== "unfinished" && item.state !== "elsewhere") continue;
      if (found === undefined) this.remove(item);
      else see(item, found, found.offset_bytes !== item.sent);
    }
    for (const found of receiving.values()) {
      if (this.#dropped.has(found.id) || this.#isBeginning(found)) continue;
      const item = newItem(found.filename, found.length_bytes, found.title);
      item.uploadId = found.id;
      item.told = { title: found.title, description: "", category: "", publish: true };
      see(item, found, false);
      this.items.push(item);
    }
  }

  /** Ours, whose name has not come back yet. */
  #isBeginning({ filename, length_bytes }: ServerUpload): boolean {
    return this.items.some((item) => item.uploadId === null && isRunning(item) && item.name === filename && item.size === length_bytes);
  }

  #holds(file: File): boolean {
    return this.items.some((item) => {
      const held = this.#files.get(item.key);
      return held !== undefined && isSameFile(file, item, held);
    });
  }

  #stage(file: File): void {
    const item = newItem(file.name, file.size);
    if (file.size === 0) Object.assign(item, { state: "failed", error: "The file is empty." });
    else this.#files.set(item.key, file);
    this.items.push(item);
  }

  #wait(item: UploadItem): void {
    if (this.#files.has(item.key)) Object.assign(item, { state: "waiting", line: "Waiting for its turn", error: "", editing: false });
  }

  #fill(): void {
    for (const item of this.items) {
      if (this.items.filter(isRunning).length >= MOST_AT_ONCE) return;
      if (item.state === "waiting") this.#start(item);
    }
  }

  #start(item: UploadItem): void {
    const file = this.#files.get(item.key);
    if (file !== undefined) this.#runs.start(item, file);
  }

  #over(item: UploadItem): void {
    if (item.state === "done") {
      this.#files.delete(item.key);
      if (item.uploadId !== null) forget(item.uploadId);
      this.hooks.onDone(item);
    }
    this.#fill();
  }

  #stop(item: UploadItem, state: ItemState, line: string): void {
    this.#runs.stop(item);
    Object.assign(item, { state, line, rate: null });
  }
}

/** Bytes that come without our doing are sent by another window or program. */
function see(item: UploadItem, found: ServerUpload, hasMoved: boolean): void {
  item.sent = found.offset_bytes;
  item.state = hasMoved ? "elsewhere" : "unfinished";
  item.line = hasMoved ? "Being sent from elsewhere" : "Choose the file again to go on";
}

import { wishOf } from "./upload-item";
import { remember } from "./upload-memory";
import { judge, waitBefore } from "./upload-problem";
import type { OpenTransfer, Transfer, TransferProblem, UploadItem } from "./upload-shapes";
import { TransferRate } from "./transfer-rate";

/** A connection that says nothing for so long has died without a word. */
const STALL_MS = 120_000;

interface Run {
  transfer: Transfer;
  rate: TransferRate;
  /** Tries since the last byte went through. */
  attempt: number;
  timer: number;
  stall: number;
}

/** Keeps transfers going: each is tried again until it is through, or only a person can help. */
export class Runs {
  readonly #runs = new Map<number, Run>();

  constructor(
    private readonly open: OpenTransfer,
    private readonly over: (item: UploadItem) => void,
    private readonly chance: () => number,
  ) {}

  start(item: UploadItem, file: File): void {
    const run = this.#runs.get(item.key) ?? this.#open(item, file);
    clearTimeout(run.timer);
    Object.assign(item, { state: "sending", line: item.sent > 0 ? "Going on…" : "Starting…", error: "", rate: null });
    run.rate = new TransferRate();
    this.#go(item, run);
  }

  stop(item: UploadItem): void {
    this.#runs.get(item.key)?.transfer.stop();
    this.#forget(item);
  }

  #open(item: UploadItem, file: File): Run {
    item.told ??= wishOf(item);
    const transfer = this.open(file, { ...item, ...item.told }, {
      onBegun: (uploadId) => {
        item.uploadId = uploadId;
        remember(uploadId, file);
      },
      onProgress: (sent) => this.#progressed(item, sent),
      onDone: (videoId) => this.#done(item, videoId),
      onProblem: (problem) => this.#failed(item, problem),
    });
    const run = { transfer, rate: new TransferRate(), attempt: 0, timer: 0, stall: 0 };
    this.#runs.set(item.key, run);
    return run;
  }

  #go(item: UploadItem, run: Run): void {
    this.#watch(item, run);
    run.transfer.start();
  }

  #watch(item: UploadItem, run: Run): void {
    clearTimeout(run.stall);
    run.stall = window.setTimeout(() => {
      run.transfer.stop();
      this.#failed(item, { status: 0, code: "", words: "Nothing went through for a while.", retryAfterSeconds: null });
    }, STALL_MS);
  }

  #progressed(item: UploadItem, sent: number): void {
    const run = this.#runs.get(item.key);
    if (run === undefined) return;
    if (sent > item.sent) run.attempt = 0;
    run.rate.add(performance.now(), sent);
    this.#watch(item, run);
    Object.assign(item, { sent, rate: run.rate.bytesPerSecond(), state: sent >= item.size ? "storing" : "sending", line: "" });
  }

  #done(item: UploadItem, videoId: number): void {
    this.#forget(item);
    Object.assign(item, { state: "done", sent: item.size, videoId, line: "", rate: null, editing: false });
    this.over(item);
  }

  #failed(item: UploadItem, problem: TransferProblem): void {
    const run = this.#runs.get(item.key);
    if (run === undefined) return;
    clearTimeout(run.stall);
    item.rate = null;
    const verdict = judge(problem);
    if (verdict === "retry") {
      const wait = waitBefore(run.attempt, this.chance(), problem.retryAfterSeconds);
      run.attempt += 1;
      const seconds = Math.max(1, Math.round(wait / 1000));
      Object.assign(item, { state: "retrying", line: `${problem.words} Trying again in ${seconds} s` });
      run.timer = window.setTimeout(() => this.#go(item, run), wait);
      return;
    }
    this.#forget(item);
    if (verdict === "taken") Object.assign(item, { state: "paused", line: "Another window or program goes on with it" });
    else Object.assign(item, { state: "failed", line: "", error: problem.words });
    this.over(item);
  }

  #forget(item: UploadItem): void {
    const run = this.#runs.get(item.key);
    clearTimeout(run?.timer);
    clearTimeout(run?.stall);
    this.#runs.delete(item.key);
  }
}

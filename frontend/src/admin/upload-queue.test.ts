import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MOST_AT_ONCE, UploadQueue } from "./upload-queue";
import type { OpenTransfer, ServerUpload, TransferHooks, TransferProblem, UploadItem } from "./upload-shapes";

interface Sent {
  name: string;
  /** Where the server knew of it when the transfer was opened. */
  uploadId: string | null;
  hooks: TransferHooks;
  starts: number;
  isRunning: boolean;
}

let sent: Sent[] = [];
let items: UploadItem[] = [];
let done: string[] = [];
let queue: UploadQueue;
const stored = new Map<string, string>();

const open: OpenTransfer = (file, { uploadId }, hooks) => {
  const one: Sent = { name: file.name, uploadId, hooks, starts: 0, isRunning: false };
  sent.push(one);
  return {
    start: () => Object.assign(one, { starts: one.starts + 1, isRunning: true }),
    stop: () => void (one.isRunning = false),
  };
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  stored.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
  [sent, items, done] = [[], [], []];
  queue = new UploadQueue(items, { open, onDone: ({ title }) => done.push(title), chance: () => 0.5 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const file = (name: string, size = 1000, lastModified = 1): File => ({ name, size, lastModified }) as File;
const states = (): string[] => items.map(({ state }) => state);
const problem = (status: number, code = ""): TransferProblem => ({ status, code, words: `Status ${status}.`, retryAfterSeconds: null });
function begin(...names: string[]): void {
  queue.add(names.map((name) => file(name)));
  queue.startAll();
}
function unfinished(id: string, filename: string, offset = 410): ServerUpload {
  return {
    id, filename, title: "A title", length_bytes: 1000, offset_bytes: offset, state: "receiving", video_id: null, slug: null,
    error_code: null, error_message: null, created_at: "", updated_at: "", expires_at: "",
  };
}

test("files wait until they are sent off, with a title of their own", () => {
  queue.add([file("my_walk.mp4"), file("empty.mp4", 0)]);
  expect(states()).toEqual(["staged", "failed"]);
  expect(items[0]!.title).toBe("My walk");
  items[0]!.title = "  ";
  queue.startAll();
  expect(states()).toEqual(["staged", "failed"]);
  items[0]!.title = "A walk";
  queue.startAll();
  expect(states()).toEqual(["sending", "failed"]);
});

test("so many are sent at once, the others follow", () => {
  begin("a.mp4", "b.mp4", "c.mp4");
  expect(sent).toHaveLength(MOST_AT_ONCE);
  expect(states()).toEqual(["sending", "sending", "waiting"]);
  sent[0]!.hooks.onBegun("u1");
  sent[0]!.hooks.onProgress(1000);
  expect(items[0]!.state).toBe("storing");
  sent[0]!.hooks.onDone(7);
  expect(states()).toEqual(["done", "sending", "sending"]);
  expect([items[0]!.videoId, done]).toEqual([7, ["A"]]);
});

test("what is paused gives its place away and goes on where the server is", () => {
  begin("a.mp4", "b.mp4", "c.mp4");
  sent[0]!.hooks.onBegun("u1");
  sent[0]!.hooks.onProgress(300);
  queue.pause(items[0]!);
  expect(states()).toEqual(["paused", "sending", "sending"]);
  expect(sent[0]!.isRunning).toBe(false);
  sent[1]!.hooks.onDone(2);
  queue.resume(items[0]!);
  expect(states()).toEqual(["sending", "done", "sending"]);
  expect(sent[3]).toMatchObject({ name: "a.mp4", uploadId: "u1", isRunning: true });
});

test("a broken connection is tried again, later each time, until something goes through", () => {
  begin("a.mp4");
  const [one] = sent;
  for (const wait of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    one!.hooks.onProblem(problem(0));
    expect(items[0]).toMatchObject({ state: "retrying", line: `Status 0. Trying again in ${wait / 1000} s` });
    const before = one!.starts;
    vi.advanceTimersByTime(wait - 1);
    expect(one!.starts).toBe(before);
    vi.advanceTimersByTime(1);
    expect(one!.starts).toBe(before + 1);
  }
  one!.hooks.onProgress(10);
  one!.hooks.onProblem(problem(503));
  expect(items[0]!.line).toContain("in 1 s");
  queue.hurry();
  expect(items[0]!.state).toBe("sending");
});

test("a connection that falls silent counts as broken", () => {
  begin("a.mp4");
  sent[0]!.hooks.onProgress(10);
  vi.advanceTimersByTime(120_000);
  expect(items[0]!.state).toBe("retrying");
  expect(sent[0]!.isRunning).toBe(false);
  vi.advanceTimersByTime(1000);
  expect(sent[0]!.isRunning).toBe(true);
});

test("a refusal is final until somebody tries again, and frees the place", () => {
  begin("a.mp4", "b.mp4", "c.mp4");
  sent[0]!.hooks.onBegun("u1");
  sent[0]!.hooks.onProblem(problem(507));
  expect(states()).toEqual(["failed", "sending", "sending"]);
  expect(items[0]!.error).toBe("Status 507.");
  queue.remove(items[1]!);
  queue.resume(items[0]!);
  expect(items[0]).toMatchObject({ state: "sending", error: "" });
  expect(sent.at(-1)!.uploadId).toBe("u1");
});

test("whoever loses an upload to another window does not take it back", () => {
  begin("a.mp4");
  sent[0]!.hooks.onProblem(problem(409, "upload_taken"));
  expect(items[0]!.state).toBe("paused");
  vi.advanceTimersByTime(600_000);
  expect(sent[0]!.starts).toBe(1);
});

test("what another page began waits for its file, and goes on by itself when that is chosen", () => {
  queue.adopt([unfinished("u9", "long.mp4")]);
  expect(items[0]).toMatchObject({ state: "unfinished", name: "long.mp4", sent: 410, size: 1000, title: "A title" });
  queue.add([file("long.mp4", 999)]);
  expect(states()).toEqual(["unfinished", "staged"]);
  queue.add([file("long.mp4")]);
  expect(states()).toEqual(["sending", "staged"]);
  expect(sent[0]!.uploadId).toBe("u9");
});

test("a file that has changed since is another file", () => {
  begin("long.mp4");
  sent[0]!.hooks.onBegun("u1");
  items.length = 0;
  const reloaded = new UploadQueue(items, { open, onDone: () => undefined });
  reloaded.adopt([unfinished("u1", "long.mp4")]);
  reloaded.add([file("long.mp4", 1000, 2)]);
  expect(states()).toEqual(["unfinished", "staged"]);
  reloaded.add([file("long.mp4", 1000, 1)]);
  expect(states()).toEqual(["sending", "staged"]);
});

test("what others send is shown, and leaves when it has ended", () => {
  begin("mine.mp4");
  sent[0]!.hooks.onBegun("u1");
  queue.adopt([unfinished("u1", "mine.mp4"), unfinished("u2", "theirs.mp4", 100)]);
  expect(states()).toEqual(["sending", "unfinished"]);
  queue.adopt([unfinished("u1", "mine.mp4"), unfinished("u2", "theirs.mp4", 200)]);
  expect(states()).toEqual(["sending", "elsewhere"]);
  queue.adopt([unfinished("u1", "mine.mp4"), unfinished("u2", "theirs.mp4", 200)]);
  expect(states()).toEqual(["sending", "unfinished"]);
  queue.adopt([]);
  expect(states()).toEqual(["sending"]);
});

test("what this page begins or throws away is not taken for somebody else's", () => {
  begin("mine.mp4");
  queue.adopt([unfinished("u1", "mine.mp4", 0)]);
  expect(states()).toEqual(["sending"]);
  sent[0]!.hooks.onBegun("u1");
  queue.remove(items[0]!);
  queue.adopt([unfinished("u1", "mine.mp4")]);
  expect(states()).toEqual([]);
});

test("the same file twice is one upload; removed, it can be chosen again", () => {
  begin("a.mp4");
  expect(queue.add([file("a.mp4")])).toHaveLength(1);
  queue.remove(items[0]!);
  expect(sent[0]!.isRunning).toBe(false);
  expect(queue.add([file("a.mp4")])).toHaveLength(0);
});

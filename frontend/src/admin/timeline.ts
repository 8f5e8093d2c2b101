import { elapsed, timeOfDay } from "../shared/format";
import type { Attempt, Job, Task } from "./shapes";
import { renditionName, taskBadge } from "./status";

/** One line of a job's timeline, ready to show. */
export interface TaskLine {
  id: number;
  kind: string;
  what: string;
  badge: { text: string; tone: string };
  attempt: string;
  worker: string;
  started: string;
  took: string;
  /** Where its bar begins and how long it is, in percent of the job's span; null before it started. */
  bar: { from: number; span: number } | null;
  percent: number | null;
  error: string;
  /** Earlier and final attempts that did not end well, oldest first. */
  troubles: Trouble[];
}

/** One attempt that failed, was given back or was lost, and what the tools said in it. */
export interface Trouble {
  key: string;
  text: string;
  error: string;
  runs: { key: string; command: string; log: string }[];
}

const KINDS: Record<string, string> = {
  inspect: "Inspect", remux: "Repackage", audio: "Sound", video: "Picture", thumbnail: "Thumbnail",
};
const ORDER: Record<Task["state"], number> = { failed: 0, leased: 1, queued: 2, done: 3 };
const FEW = 12;

function at(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}

/** First start and last end of all tasks, in milliseconds; a running task reaches until now. */
export function spanOf(tasks: readonly Task[], nowMs: number): [from: number, to: number] {
  const starts = tasks.map((task) => at(task.started_at)).filter((time) => time !== null);
  if (starts.length === 0) return [nowMs, nowMs];
  const ends = tasks.map((task) => (task.started_at === null ? null : (at(task.finished_at) ?? nowMs))).filter((time) => time !== null);
  return [Math.min(...starts), Math.max(...ends)];
}

function whatOf({ renditions, first_cell, last_cell }: Task): string {
  const cells = renditions.length === 0 || first_cell === null || last_cell === null ? null
    : first_cell === last_cell ? `segment ${first_cell}` : `segments ${first_cell}–${last_cell}`;
  return [renditions.map(renditionName).join(", "), cells].filter(Boolean).join(" · ");
}

const OUTCOMES: Record<Attempt["outcome"], string> = {
  done: "done", failed: "failed", released: "given back", expired: "lost: its worker was not heard of again",
};

function troubleOf(task: Task, attempt: Attempt): Trouble {
  const took = (Date.parse(attempt.ended_at) - Date.parse(attempt.started_at)) / 1000;
  return {
    key: `${task.id}-${attempt.number}-${attempt.started_at}`,
    text: `Attempt ${attempt.number} ${OUTCOMES[attempt.outcome]} after ${elapsed(took)} on ${attempt.worker}`,
    error: attempt.error_message === task.error_message && task.state !== "done" ? "" : (attempt.error_message ?? ""),
    runs: attempt.runs.map((run, at) => ({ key: `${attempt.number}-${at}`, command: run.command, log: run.stderr_tail.trim() })),
  };
}

function lineOf(task: Task, [from, to]: [number, number], nowMs: number): TaskLine {
  const start = at(task.started_at);
  const end = start === null ? null : (at(task.finished_at) ?? nowMs);
  const whole = Math.max(1, to - from);
  const bar = start === null || end === null ? null
    : { from: ((start - from) / whole) * 100, span: Math.max(0.5, ((end - start) / whole) * 100) };
  return {
    id: task.id,
    kind: KINDS[task.kind] ?? task.kind,
    what: whatOf(task),
    badge: taskBadge(task.state),
    attempt: task.attempt > 1 || task.state === "failed" ? `attempt ${task.attempt} of ${task.max_attempts}` : "",
    worker: task.worker ?? "",
    started: task.started_at === null ? "" : timeOfDay(task.started_at),
    took: start === null || end === null ? "" : elapsed((end - start) / 1000),
    bar,
    percent: task.state === "leased" ? Math.floor(task.progress_percent) : null,
    error: task.state === "done" ? "" : (task.error_message ?? ""),
    troubles: task.attempts.filter(({ outcome }) => outcome !== "done").map((attempt) => troubleOf(task, attempt)),
  };
}

/** The lines of a job: all of them in the order they were made, or the few that matter most now. */
export function timeline(job: Job | null, { all, nowMs }: { all: boolean; nowMs: number }): TaskLine[] {
  if (job === null) return [];
  const span = spanOf(job.tasks, nowMs);
  const chosen = all || job.tasks.length <= FEW ? job.tasks
    : [...job.tasks].sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.id - b.id).slice(0, FEW).sort((a, b) => a.id - b.id);
  return chosen.map((task) => lineOf(task, span, nowMs));
}

export function isLong(job: Job | null): boolean {
  return job !== null && job.tasks.length > FEW;
}

/** "3 of 14 tasks done, 2 running" */
export function summary(job: Job | null): string {
  if (job === null) return "No job.";
  const count = (state: Task["state"]): number => job.tasks.filter((task) => task.state === state).length;
  const parts = [`${count("done")} of ${job.tasks.length} tasks done`];
  if (count("leased") > 0) parts.push(`${count("leased")} running`);
  if (count("failed") > 0) parts.push(`${count("failed")} failed`);
  return parts.join(", ");
}

import type { PublicProgress } from "../shared/api";
import { percent, remaining } from "../shared/format";

/** What the waiting room shows for an answer of the progress endpoint. */
export interface WaitingView {
  title: string;
  text: string;
  /** null: work has not begun, the bar shows no amount. */
  value: number | null;
  numbers: string;
  renditions: { name: string; status: string; text: string }[];
}

const STEPS: Record<string, string> = {
  inspect: "Looking at the file.",
  remux: "Preparing it for playing.",
  audio: "Preparing the sound.",
  video: "Preparing the picture.",
  thumbnail: "Choosing a picture.",
};

export function waitingView(progress: PublicProgress): WaitingView {
  const begun = progress.status === "processing" && progress.progress_percent > 0;
  const numbers = begun ? [percent(progress.progress_percent), remaining(progress.eta_seconds)] : [];
  if (progress.attempt > 1) numbers.push(`attempt ${progress.attempt} of ${progress.max_attempts}`);
  return {
    title: progress.status === "pending" ? "This video is waiting its turn" : "This video is being made ready",
    text: STEPS[progress.current_step ?? ""] ?? "It starts here by itself as soon as it can be played.",
    value: begun ? progress.progress_percent : null,
    numbers: numbers.filter(Boolean).join(" · "),
    renditions: progress.qualities
      .filter(({ name }) => !name.startsWith("audio"))
      .map(({ name, status, progress: done }) => ({ name, status, text: status === "in_progress" ? `${name} ${percent(done)}` : name })),
  };
}

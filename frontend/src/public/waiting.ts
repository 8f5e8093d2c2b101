import type { PublicProgress } from "../shared/api";
import { about, percent } from "../shared/format";
import { t } from "../shared/words";

/** What the waiting room shows for an answer of the progress endpoint. */
export interface WaitingView {
  title: string;
  /** null: work has not begun, the bar shows no amount. */
  value: number | null;
  numbers: string;
  renditions: { name: string; status: string; text: string }[];
}

export function waitingView(progress: PublicProgress): WaitingView {
  const begun = progress.status === "processing" && progress.progress_percent > 0;
  const when = about(progress.playable_seconds);
  const numbers = begun ? [percent(progress.progress_percent), when === null ? null : t("ready to watch in %(time)s", { time: when })] : [];
  if (progress.attempt > 1) numbers.push(t("attempt %(number)s of %(count)s", { number: progress.attempt, count: progress.max_attempts }));
  return {
    title: progress.status === "pending" ? t("This video is waiting its turn") : t("This video is being made ready"),
    value: begun ? progress.progress_percent : null,
    numbers: numbers.filter(Boolean).join(" · "),
    renditions: progress.qualities
      .filter(({ name }) => !name.startsWith("audio"))
      .map(({ name, status, progress: done }) => ({ name, status, text: status === "in_progress" ? `${name} ${percent(done)}` : name })),
  };
}

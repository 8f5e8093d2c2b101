import { loadPositions, worthResuming } from "../player/positions";
import { cardsOf } from "./cards-by-id";

const SHOWN = 8;

/** "Continue watching": its place is kept before the first paint (theme-boot), its cards come when they are here. */
export async function fillContinue(onAdded: (root: ParentNode) => void): Promise<void> {
  const section = document.querySelector<HTMLElement>("[data-continue]");
  const row = section?.querySelector<HTMLElement>("[data-continue-row]");
  if (section === null || row == null) return;
  const begun = Object.entries(loadPositions()).filter(([, entry]) => worthResuming(entry) !== null);
  const ids = begun.sort(([, a], [, b]) => b[2] - a[2]).slice(0, SHOWN).map(([id]) => id);
  const cards = ids.length > 0 ? await cardsOf(ids).catch(() => []) : [];
  if (cards.length === 0) section.hidden = true;
  row.replaceChildren(...cards);
  onAdded(row);
}

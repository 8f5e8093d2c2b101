/** What to say about a new admin secret. Length counts, tricks do not; what is too short is refused by the server too. */
export interface Strength {
  ok: boolean;
  /** 0–4, for the meter. */
  level: number;
  hint: string;
}

export const MIN_LENGTH = 12;

export function strengthOf(secret: string): Strength {
  const length = [...secret].length;
  if (length === 0) return { ok: false, level: 0, hint: `At least ${MIN_LENGTH} characters. A sentence is easy to keep in mind.` };
  if (length < MIN_LENGTH) {
    const missing = MIN_LENGTH - length;
    return { ok: false, level: 1, hint: `${missing} more ${missing === 1 ? "character" : "characters"}.` };
  }
  const distinct = new Set(secret.toLowerCase()).size;
  if (distinct < 6) return { ok: false, level: 1, hint: "Too few different characters: easy to guess." };
  if (length < 16 && distinct < 9) return { ok: true, level: 2, hint: "Accepted. A few more words make it strong." };
  if (length < 20) return { ok: true, level: 3, hint: "Good." };
  return { ok: true, level: 4, hint: "Strong." };
}

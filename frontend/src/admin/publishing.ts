/** `datetime-local` speaks the clock of this machine; the API speaks moments. */
export function localText(moment: Date): string {
  const part = (value: number): string => String(value).padStart(2, "0");
  const day = `${moment.getFullYear()}-${part(moment.getMonth() + 1)}-${part(moment.getDate())}`;
  return `${day}T${part(moment.getHours())}:${part(moment.getMinutes())}`;
}

/** The moment that a field says, as the API takes it; null for none. */
export function momentOf(text: string): string | null {
  const moment = new Date(text);
  return text === "" || Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}

/** Tomorrow at nine: the moment that somebody who plans most often means, near enough. */
export function proposed(now: Date): string {
  return localText(new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9));
}

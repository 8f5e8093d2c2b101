/** What people read goes through here: English is the source of every message, other languages come from a catalogue
 *  that a module before this page's own has laid down (frontend/words.mjs makes it). */

type Values = Readonly<Record<string, string | number>>;

interface Catalogue {
  language: string;
  /** Which form goes with a number. */
  plural(n: number): number;
  forms: Readonly<Record<string, readonly string[]>>;
}

declare global {
  var vlogWords: Catalogue | undefined;
}

function filled(message: string, values: Values): string {
  return message.replace(/%\((\w+)\)s/g, (whole, name: string) => String(values[name] ?? whole));
}

/** `t("Hello %(name)s", { name: "Ada" })` → "Hello Ada", or what that is in the page's language. */
export function t(message: string, values: Values = {}): string {
  return filled(globalThis.vlogWords?.forms[message]?.[0] ?? message, values);
}

/** `tn("%(count)s video", "%(count)s videos", 2)` → "2 videos". */
export function tn(one: string, many: string, count: number, values: Values = {}): string {
  const words = globalThis.vlogWords;
  const form = words?.forms[one]?.[words.plural(count)] ?? (count === 1 ? one : many);
  return filled(form, { count, ...values });
}

/** The language of dates and numbers, as `Intl` wants it. English dates are written day first. */
export function locale(): string {
  const { language = "en" } = globalThis.vlogWords ?? {};
  return language === "en" ? "en-GB" : language;
}

/** What people read goes through here: English is the source of every message. */

type Values = Readonly<Record<string, string | number>>;

/** `t("Hello %(name)s", { name: "Ada" })` → "Hello Ada". */
export function t(message: string, values: Values = {}): string {
  return message.replace(/%\((\w+)\)s/g, (whole, name: string) => String(values[name] ?? whole));
}

/** `tn("%(count)s video", "%(count)s videos", 2)` → "2 videos". */
export function tn(one: string, many: string, count: number, values: Values = {}): string {
  return t(count === 1 ? one : many, { count, ...values });
}

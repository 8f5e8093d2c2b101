/** The address that a GET form leads to, without what is empty: repeated names become one, joined by commas. */
export function formAddress(action: string, entries: Iterable<[string, string]>, defaults: Readonly<Record<string, string>> = {}): string {
  const joined = new Map<string, string[]>();
  for (const [name, value] of entries) {
    if (value === "" || defaults[name] === value) continue;
    joined.set(name, [...(joined.get(name) ?? []), value]);
  }
  const query = [...joined].flatMap(([name, values]) =>
    // Values of custom fields may hold commas themselves.
    name.startsWith("custom.") ? values.map((value) => pair(name, value)) : [pair(name, values.join(","))],
  );
  return query.length === 0 ? action : `${action}?${query.join("&")}`;
}

function pair(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value).replaceAll("%2C", ",")}`;
}

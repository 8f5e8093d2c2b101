/** What the generated `Operations` of a zone say of one of them, and how to ask for it. */

type Value = string | number | boolean | null;

export interface Parts {
  path?: Record<string, Value>;
  query?: Record<string, Value | Value[]>;
  body?: unknown;
}

type Wants<O> = Omit<O, "answer">;
/** The arguments after an operation's name: none need be given where nothing has to be said. */
export type Given<O> = object extends Wants<O> ? [parts?: Wants<O>] : [parts: Wants<O>];
export type Answer<O> = O extends { answer: infer T } ? T : never;

/** `"GET /api/videos/{video_id}"` → its method and the address it is asked at. A query's `null` is left out. */
export function target(name: string, { path = {}, query = {} }: Parts): { method: string; address: string } {
  const [method = "", pattern = ""] = name.split(" ");
  const filled = pattern.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String(path[key])));
  const said = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== null) said.append(key, String(one));
  }
  return { method, address: said.size === 0 ? filled : `${filled}?${said}` };
}

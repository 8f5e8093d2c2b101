import { parseStartTime } from "../player/start-time";

/** What the address of an embedded player asks for. */
export interface EmbedOptions {
  startSeconds: number | null;
  autoplay: boolean;
  muted: boolean;
  loop: boolean;
}

/** `?t=1m30s&autoplay=1&muted=1&loop=1`; a switch is on with no value, 1, true or yes. */
export function embedOptions(query: string): EmbedOptions {
  const asked = new URLSearchParams(query);
  const isOn = (name: string): boolean => ["", "1", "true", "yes"].includes(asked.get(name)?.toLowerCase() ?? "0");
  return { startSeconds: parseStartTime(asked.get("t")), autoplay: isOn("autoplay"), muted: isOn("muted"), loop: isOn("loop") };
}

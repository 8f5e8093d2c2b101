import { expect, test } from "vitest";
import { embedCodeAt } from "./share";

const url = "https://a.example/embed/boats";

test("the frame begins where the viewer is", () => {
  const code = `<iframe src="${url}" title="src=&quot;x&quot; $&amp;"></iframe>`;
  expect(embedCodeAt(code, url, 90)).toBe(`<iframe src="${url}?t=1m30s" title="src=&quot;x&quot; $&amp;"></iframe>`);
  expect(embedCodeAt(code, url, null)).toBe(code);
});

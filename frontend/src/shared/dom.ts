/** The few DOM helpers the pages share. Text is set as text, everywhere: no markup is ever parsed from a string. */

/** The one element that must exist inside `root`; a template without it is a programming error. */
export function need<T extends HTMLElement = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (found === null) throw new Error(`The page lacks ${selector}`);
  return found;
}

type Attributes = Record<string, string | boolean | null>;

/** Builds an element: attributes (false and null are left out), then children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Whether typing into this element produces text, so that page shortcuts must keep out of it. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["range", "checkbox", "radio", "button", "submit"].includes(target.type);
}

/** Puts text on the clipboard; false when the browser refuses (insecure origin, no permission). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// navigator.clipboard exists on secure origins only, and an admin page on a home network often is not one.
function copyBySelection(text: string): boolean {
  const field = el("textarea", { readonly: true, "aria-hidden": "true", class: "sr-only" });
  field.value = text;
  const holder = document.querySelector("dialog[open]") ?? document.body;
  const before = document.activeElement;
  holder.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}

/** Forms with one choice send themselves; without script they have a button. */
export function wireAutoSubmit(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("[data-auto-submit]")) {
    form.dataset["autoReady"] = "";
    form.addEventListener("change", () => form.requestSubmit());
  }
}

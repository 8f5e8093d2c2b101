import { wordsOf } from "./client";

/** Sends a form by script: button off while it runs, the reason below it when it fails. */
export function wireForm(form: HTMLFormElement, submit: () => Promise<void>): void {
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  const error = form.querySelector<HTMLElement>("[data-form-error]");

  // What was said is no longer true of what is being typed.
  form.addEventListener("input", () => error && (error.hidden = true));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button?.disabled) return;
    if (button) button.disabled = true;
    if (error) error.hidden = true;
    submit()
      .catch((reason: unknown) => {
        if (!error) return;
        error.textContent = wordsOf(reason);
        error.hidden = false;
      })
      .finally(() => {
        if (button) button.disabled = false;
      });
  });
}

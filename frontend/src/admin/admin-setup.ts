import { request } from "../shared/api";
import { need } from "../shared/dom";
import { wireThemeToggles } from "../shared/theme-toggle";
import type { Authentication, SetupForm } from "./api-types";
import { wireForm } from "./form";
import { HOME, LOGIN } from "./pages";
import { strengthOf } from "./secret-strength";

wireThemeToggles();
const form = need<HTMLFormElement>(document, "[data-setup]");
const secret = need<HTMLInputElement>(form, "[name=secret]");
const again = need<HTMLInputElement>(form, "[name=again]");
const hint = need(form, "[data-strength]");
const meter = need<HTMLMeterElement>(form, "[data-meter]");
const token = new URLSearchParams(location.hash.slice(1)).get("token");

function judge(): string | null {
  const strength = strengthOf(secret.value);
  hint.textContent = strength.hint;
  meter.value = strength.level;
  if (!strength.ok) return strength.hint;
  return again.value === secret.value ? null : "The two entries differ.";
}

need(document, "[data-setup-missing]").hidden = token !== null;
form.hidden = token === null;
// The token leaves the address bar, so that it stays in no history and no screenshot.
if (token !== null) history.replaceState(null, "", location.pathname);
secret.addEventListener("input", judge);
judge();

wireForm(form, async () => {
  const objection = judge();
  if (objection !== null) {
    (strengthOf(secret.value).ok ? again : secret).focus();
    throw new Error(objection);
  }
  await request("/api/auth/setup", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token: token ?? "", secret: secret.value } satisfies SetupForm),
  });
  const { authenticated } = await request<Authentication>("/api/auth/check");
  location.replace(authenticated ? HOME : LOGIN);
});

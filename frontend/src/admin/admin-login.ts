import { ApiError, request } from "../shared/api";
import { need } from "../shared/dom";
import { wireThemeToggles } from "../shared/theme-toggle";
import type { LoginForm } from "./api-types";
import { wireForm } from "./form";
import { safeNext } from "./pages";

wireThemeToggles();
const form = need<HTMLFormElement>(document, "[data-login]");
const field = need<HTMLInputElement>(form, "[name=secret]");

wireForm(form, async () => {
  try {
    await request("/api/auth/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret: field.value } satisfies LoginForm),
    });
    location.replace(safeNext(new URLSearchParams(location.search).get("next"), location.origin));
  } catch (error) {
    field.select();
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) throw new Error("That is not the admin secret.");
    if (error instanceof ApiError && error.status === 429) throw new Error("Too many tries. Wait a minute, then try again.");
    throw error;
  }
});

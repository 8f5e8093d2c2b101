import { el, need } from "../shared/dom";
import { wireMenu, type Menu } from "../shared/menu";
import type { Actions } from "./actions";
import { choices, label } from "./quality";
import { SPEEDS, speedLabel } from "./speed";
import type { Stage } from "./stage";
import { t } from "../shared/words";

interface Choice {
  id: string;
  label: string;
  hint: string | null;
}

/** Speed and quality: two menus of radio items. `chooseQuality` may load the manifest anew. */
export function wireMenus(stage: Stage, actions: Actions, chooseQuality: (id: string | null) => void): Menu[] {
  return [speedMenu(stage, actions), qualityMenu(stage, chooseQuality)];
}

function fill(panel: HTMLElement, items: readonly Choice[], checked: string): void {
  panel.replaceChildren(
    ...items.map(({ id, label: text, hint }) =>
      el(
        "div",
        { role: "menuitemradio", tabindex: "-1", "aria-checked": String(id === checked), "data-value": id },
        el("span", {}, text),
        ...(hint === null ? [] : [el("span", { class: "menu-hint" }, hint)]),
      ),
    ),
  );
}

function speedMenu({ root, video, signal }: Stage, actions: Actions): Menu {
  const button = need(root, "[data-menu=speed]");
  const panel = need(root, "[data-menu-panel=speed]");

  function show(): void {
    const items = SPEEDS.map((speed) => ({ id: String(speed), label: speedLabel(speed), hint: null }));
    fill(panel, items, String(video.playbackRate));
    const current = video.playbackRate === 1 ? "" : `${video.playbackRate}×`;
    button.setAttribute("aria-label", t("Speed: %(speed)s", { speed: speedLabel(video.playbackRate) }));
    need(button, "[data-badge]").textContent = current;
  }

  video.addEventListener("ratechange", show, { signal });
  show();
  return wireMenu(button, panel, { onChoose: (item) => actions.setSpeed(Number(item.dataset["value"])) }, signal);
}

function qualityMenu(stage: Stage, chooseQuality: (id: string | null) => void): Menu {
  const { root, signal } = stage;
  const button = need(root, "[data-menu=quality]");
  const panel = need(root, "[data-menu-panel=quality]");

  function show(): void {
    const engine = stage.engine;
    const active = engine?.active() ?? null;
    const chosen = engine?.chosen() ?? null;
    const shown = active === null ? "" : label(active);
    const sizes = choices([...(engine?.qualities() ?? []), ...stage.joined]);
    button.hidden = sizes.length === 0;
    button.setAttribute("aria-label", chosen === null ? shown ? t("Quality: automatic, now %(quality)s", { quality: shown }) : t("Quality: automatic") : t("Quality: %(quality)s", { quality: shown }));
    need(button, "[data-badge]").textContent = shown;
    const hadFocus = panel.contains(document.activeElement);
    fill(panel, [{ id: "", label: t("Auto"), hint: chosen === null && shown ? shown : null }, ...sizes], chosen ?? "");
    if (hadFocus) panel.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
  }

  stage.onChanged(show);
  show();
  const onChoose = (item: HTMLElement): void => chooseQuality(item.dataset["value"] || null);
  return wireMenu(button, panel, { onChoose }, signal);
}

// Run in a page by accessibility.py. Each complaint names the rule and the element. Colours are painted and read
// back: a page may write them in any way that CSS knows.
(() => {
window.examine = () => {
  const found = [];
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const painted = (color) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((one, at) => one * a + below[at] * (1 - a)).concat(1);
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null;
      layers.push(painted(style.backgroundColor));
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), painted("Canvas"));
  };
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((one) => one / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !element.closest("[aria-hidden=true], .sr-only, template, .player, media-player");
  const said = (element) => `${element.tagName.toLowerCase()} ${(element.textContent || element.id || element.className).toString().trim().slice(0, 40)}`;
  const complain = (rule, element) => found.push(`${rule}: ${said(element)}`);

  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => found.push(`id twice: ${id}`));
  for (const name of ["aria-labelledby", "aria-describedby", "for"])
    for (const element of document.querySelectorAll(`[${name}]`))
      for (const id of element.getAttribute(name).split(" "))
        if (!document.getElementById(id)) complain(`${name} leads nowhere`, element);
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) complain("no alt", image);

  const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter((one) => one.checkVisibility());
  const levels = headings.map(({ tagName }) => Number(tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) found.push(`h1: ${levels}`);
  levels.forEach((level, at) => at > 0 && level > levels[at - 1] + 1 && complain("heading level left out", headings[at]));
  if (document.querySelectorAll("main").length !== 1) found.push("not one main");
  if (!document.documentElement.lang) found.push("no language");

  const named = (element) => (element.getAttribute("aria-label") || element.textContent || element.title || element.placeholder
    || [...(element.labels ?? [])].map((label) => label.textContent).join("")
    || document.getElementById(element.getAttribute("aria-labelledby"))?.textContent || "").trim();
  for (const element of document.querySelectorAll("a[href], button, input, select, textarea, summary, progress, [tabindex='0']")) {
    if (!element.checkVisibility() || element.type === "hidden" || element.closest("[aria-hidden=true]")) continue;
    if (named(element) === "") complain("no name", element);
    const { width, height } = element.getBoundingClientRect();
    const isTarget = visible(element) && !element.matches("progress, pre, div, input") && getComputedStyle(element).display !== "inline";
    if (isTarget && Math.min(width, height) < 24) complain(`target ${width.toFixed()}x${height.toFixed()}`, element);
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !visible(element) || element.closest("[disabled], option")) continue;
    const style = getComputedStyle(element), ground = background(element);
    if (ground === null) continue;
    const [ink, paper] = [luminance(over(painted(style.color), ground)), luminance(ground)];
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) complain(`contrast ${ratio.toFixed(2)}`, element);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`wider than the window by ${scrollWidth - clientWidth}`);
  return found;
};
// Whether somebody who looks sees where the focus is.
window.focused = () => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const shown = [element, element.closest("label")].filter(Boolean).map((one) => getComputedStyle(one));
  const isSeen = shown.some((style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none");
  const name = element.getAttribute("aria-label") || element.textContent.trim() || [...(element.labels ?? [])].map((label) => label.textContent.trim()).join("");
  return { name: name.replace(/\s+/g, " ").slice(0, 60), isSeen };
};
})();

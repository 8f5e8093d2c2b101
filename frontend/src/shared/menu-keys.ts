/** Which item of a menu a key leads to (WAI-ARIA menu pattern): arrows wrap, Home and End jump, letters search. */
export function nextItem(key: string, current: number, labels: readonly string[]): number | null {
  const last = labels.length - 1;
  if (last < 0) return null;
  switch (key) {
    case "ArrowDown":
      return current >= last ? 0 : current + 1;
    case "ArrowUp":
      return current <= 0 ? last : current - 1;
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return key.length === 1 && key !== " " ? byLetter(key, current, labels) : null;
  }
}

function byLetter(letter: string, current: number, labels: readonly string[]): number | null {
  const wanted = letter.toLowerCase();
  for (let step = 1; step <= labels.length; step += 1) {
    const index = (current + step) % labels.length;
    if (labels[index]?.trim().toLowerCase().startsWith(wanted)) return index;
  }
  return null;
}

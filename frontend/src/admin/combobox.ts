/** A text field with choices below it while somebody types (WAI-ARIA combobox, list autocomplete). */

interface Wanted<T> {
  /** What fits the text; called a moment after the last key. */
  find(text: string): Promise<T[]>;
  label(choice: T): string;
  /** Whether text that names no choice may be chosen, as something to be made. */
  canCreate?(text: string, found: readonly T[]): boolean;
}

const TYPING_MS = 150;

/** Part of an Alpine component. `onChoice` and `onCreate` are the page's to set. */
export function combobox<T>({ find, label, canCreate }: Wanted<T>) {
  let timer = 0;
  let asked = 0;

  return {
    text: "",
    found: [] as T[],
    active: -1,
    open: false,
    /** The choices are those of an earlier text. */
    pending: false,
    onChoice: (_: T): void => undefined,
    onCreate: (_: string): void => undefined,

    /** What the list shows: choices, and last the text itself where it may be made. */
    get options(): { key: string; text: string; isNew: boolean }[] {
      const known = this.found.map((choice, at) => ({ key: `${at}`, text: label(choice), isNew: false }));
      const typed = this.text.trim();
      const isNew = typed !== "" && (canCreate?.(typed, this.found) ?? false);
      return isNew ? [...known, { key: "new", text: `Create “${typed}”`, isNew: true }] : known;
    },
    get shown(): boolean {
      return this.open && this.options.length > 0;
    },
    reset(): void {
      clearTimeout(timer);
      asked += 1;
      this.text = "";
      this.found = [];
      this.active = -1;
      this.open = false;
      this.pending = false;
    },
    typed(): void {
      clearTimeout(timer);
      this.pending = true;
      timer = window.setTimeout(() => void this.ask(), TYPING_MS);
    },
    async ask(): Promise<void> {
      const turn = ++asked;
      const found = await find(this.text).catch((): T[] => []);
      if (turn !== asked) return;
      this.pending = false;
      this.found = found;
      this.active = -1;
      this.open = true;
    },
    /** Enter came before the choices did: what fits the text as it stands is taken, not what fitted its beginning. */
    async askAndChoose(): Promise<void> {
      clearTimeout(timer);
      await this.ask();
      if (!this.pending) this.choose(0);
    },
    choose(at: number): void {
      const option = this.options[at];
      const choice = this.found[at];
      const typed = this.text.trim();
      if (option === undefined) return;
      this.reset();
      if (option.isNew) this.onCreate(typed);
      else if (choice !== undefined) this.onChoice(choice);
    },
    key(event: KeyboardEvent): void {
      // While an input method puts a character together, its keys are not ours.
      if (event.isComposing) return;
      const count = this.options.length;
      if (event.key === "ArrowDown" && !this.open) void this.ask();
      else if (event.key === "ArrowDown") this.active = count === 0 ? -1 : (this.active + 1) % count;
      else if (event.key === "ArrowUp") this.active = count === 0 ? -1 : (this.active <= 0 ? count : this.active) - 1;
      else if (event.key === "Escape" && this.open) this.open = false;
      else if (event.key === "Enter" && this.pending && this.text.trim() !== "") void this.askAndChoose();
      else if (event.key === "Enter" && this.shown) this.choose(Math.max(0, this.active));
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    /** What is still being asked for must not open the list over what has the focus then. */
    leave(): void {
      clearTimeout(timer);
      asked += 1;
      this.pending = false;
      this.open = false;
    },
  };
}

import { moment } from "../shared/format";
import type { AuditEntry, Operations } from "./api-types";
import { actionWords, deedOf, detailsOf, subjectPage, type Detail } from "./audit-words";
import { call, wordsOf } from "./client";

type Query = NonNullable<Operations["GET /api/audit"]["query"]>;

const DAY_MS = 86_400_000;
const NAMES = ["actor", "action", "subject_type", "from", "to"] as const;
const SUBJECTS = ["video", "videos", "category", "tag", "playlist", "field", "chapters", "archive", "setting"];

/** Alpine component: who has done what, filtered by the address. */
export function auditLog() {
  const given = new URLSearchParams(location.search);
  const first = (name: string): string => given.get(name) ?? "";
  let asked = 0;

  return {
    actor: first("actor"),
    action: first("action"),
    subject_type: first("subject_type"),
    /** One subject alone, as another page links to it. */
    subject_id: first("subject_id"),
    from: first("from"),
    to: first("to"),
    entries: [] as AuditEntry[],
    before: null as number | null,
    actors: [] as string[],
    actions: [] as string[],
    subjects: SUBJECTS,
    loading: true,
    error: "",

    init(): void {
      void this.load();
      void this.loadChoices();
    },
    async loadChoices(): Promise<void> {
      // Without them the list can still be read.
      const choices = await call("GET /api/audit/choices").catch(() => null);
      this.actors = choices?.actors ?? [];
      this.actions = choices?.actions ?? [];
    },
    query(): Query {
      return {
        actor: this.actor || null,
        action: (this.action || null) as Query["action"] & string,
        subject_type: this.subject_type || null,
        subject_id: Number(this.subject_id) || null,
        date_from: this.from === "" ? null : new Date(`${this.from}T00:00`).toISOString(),
        // The whole of the last day belongs to the period.
        date_to: this.to === "" ? null : new Date(Date.parse(`${this.to}T00:00`) + DAY_MS).toISOString(),
      };
    },
    async load(more = false): Promise<void> {
      asked += 1;
      const mine = asked;
      this.loading = true;
      try {
        const page = await call("GET /api/audit", { query: { ...this.query(), before: more ? this.before : null } });
        if (mine !== asked) return;
        this.entries = more ? [...this.entries, ...page.entries] : page.entries;
        this.before = page.next_before;
        this.error = "";
      } catch (error) {
        if (mine === asked) this.error = wordsOf(error);
      } finally {
        if (mine === asked) this.loading = false;
      }
    },
    changed(): void {
      const address = new URLSearchParams();
      if (this.subject_type === "") this.subject_id = "";
      for (const name of [...NAMES, "subject_id"] as const) if (this[name] !== "") address.set(name, this[name]);
      history.replaceState(null, "", address.size === 0 ? location.pathname : `${location.pathname}?${address}`);
      void this.load();
    },
    clear(): void {
      for (const name of [...NAMES, "subject_id"] as const) this[name] = "";
      this.changed();
    },
    get filtered(): boolean {
      return NAMES.some((name) => this[name] !== "");
    },
    get state(): "loading" | "error" | "empty" | "nothing" | "list" {
      if (this.error !== "") return "error";
      if (this.entries.length > 0) return "list";
      if (this.loading) return "loading";
      return this.filtered ? "nothing" : "empty";
    },
    deed: (entry: AuditEntry) => deedOf(entry.action),
    words: (action: string) => actionWords(action),
    href: (entry: AuditEntry) => subjectPage(entry),
    when: (entry: AuditEntry) => moment(entry.created_at),
    details: (entry: AuditEntry): Detail[] => detailsOf(entry),
    from_where: (entry: AuditEntry) => [entry.ip, entry.request_id && `request ${entry.request_id}`].filter(Boolean).join(" · "),
  };
}

import { effect, signal } from "@preact/signals";
import { leaving, session } from "../../state/session.ts";
import { type Draft, draftIn, type StoredDraft, storedOf } from "./stored-draft.ts";

/**
 * What was changed and not saved: it stays while one looks at other tabs and views, and while the page is loaded anew in
 * this tab of the browser: when the session has ended, one signs in again, and goes on.
 */

const STORED = "tickbird.drafts";

/** What the browser keeps, for whoever wrote it. */
interface StoredDrafts {
  readonly owner: string;
  readonly drafts: readonly (readonly [name: string, draft: StoredDraft])[];
}

const restored = takeStored();
const drafts = signal<ReadonlyMap<string, Draft>>(
  new Map(restored?.drafts.map(([name, draft]) => [name, draftIn(draft)] as const)),
);
if (restored !== undefined) {
  watchLeaving();
  effect(() => {
    const now = session();
    if (now !== undefined && now.name !== restored.owner) drafts.value = new Map();
  });
}

/** The draft of a file, for components: reading it subscribes them. */
export function draftOf(name: string): Draft | undefined {
  return drafts.value.get(name);
}

/** Keeps a draft, or drops the one that there is. As long as there is any, the browser asks before the page is closed. */
export function keepDraft(name: string, draft: Draft | undefined): void {
  const before = drafts.peek();
  if (draft === undefined && !before.has(name)) return;
  const next = new Map(before);
  if (draft === undefined) next.delete(name);
  else next.set(name, draft);
  drafts.value = next;
  if (next.size > 0) watchLeaving();
  else {
    removeEventListener("beforeunload", askBeforeLeaving);
    removeEventListener("pagehide", store);
    // One may have been asked, and have stayed: what is saved or given up now must not come back.
    sessionStorage.removeItem(STORED);
  }
}

function watchLeaving(): void {
  addEventListener("beforeunload", askBeforeLeaving);
  // Some browsers of phones do not ask.
  addEventListener("pagehide", store);
}

/** A tab that is closed takes with it what it has stored; only when one comes back to sign in, nothing is lost. */
function askBeforeLeaving(event: BeforeUnloadEvent): void {
  const isAllStored = store();
  if (leaving() !== "sign-in" || !isAllStored) event.preventDefault();
}

/** Stores what may be stored. False where anything may not, or there is no room. */
function store(): boolean {
  const owner = session()?.name;
  if (leaving() === "sign-out" || owner === undefined) return false;
  const all = [...drafts.peek()].map(([name, draft]) => [name, storedOf(draft)] as const);
  const stored = all.flatMap(([name, draft]) => (draft === undefined ? [] : [[name, draft] as const]));
  const whole: StoredDrafts = { owner, drafts: stored };
  try {
    sessionStorage.setItem(STORED, JSON.stringify(whole));
  } catch {
    return false;
  }
  return stored.length === all.length;
}

function takeStored(): StoredDrafts | undefined {
  const text = sessionStorage.getItem(STORED);
  sessionStorage.removeItem(STORED);
  if (text === null) return undefined;
  // Nobody but us has written it.
  const stored: StoredDrafts = JSON.parse(text);
  return stored;
}

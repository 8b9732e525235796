import { signal } from "@preact/signals";
import { pause } from "./pause.ts";

/** Whether the sidecar can be reached, as the whole page knows it. Whoever asks it says how that went. */

export type Connection =
  | { readonly state: "up" }
  | { readonly state: "lost"; readonly since: Date }
  /** The session is over; only signing in again helps. */
  | { readonly state: "signed-out" };

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 5_000;
const PROBE_MS = 3_000;

const current = signal<Connection>({ state: "up" });
const whenUp = new Set<() => void>();

/** The state, for components: reading it subscribes them. */
export function connection(): Connection {
  return current.value;
}

/** Says that an answer came. That says nothing of a session that is over: some routes answer anybody. */
export function connectionIsUp(): void {
  if (current.peek().state !== "signed-out") goOn();
}

/** Says that the sidecar has told who is signed in. */
export function connectionIsSignedIn(): void {
  goOn();
}

function goOn(): void {
  if (current.peek().state !== "up") current.value = { state: "up" };
  for (const resume of [...whenUp]) resume();
}

/** Says that the sidecar could not be reached; from then on it is tried until it can. */
export function connectionIsLost(): void {
  if (current.peek().state !== "up") return;
  current.value = { state: "lost", since: new Date() };
  void tryAgain(FIRST_PAUSE_MS);
}

/** Says that the credential is no longer accepted. */
export function connectionNeedsSignIn(): void {
  current.value = { state: "signed-out" };
}

/** Resolves when the sidecar can be reached: at once where it can. */
export async function untilConnected(abort: AbortSignal): Promise<void> {
  if (current.peek().state === "up" || abort.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      whenUp.delete(end);
      abort.removeEventListener("abort", end);
      resolve();
    };
    whenUp.add(end);
    abort.addEventListener("abort", end);
  });
}

async function tryAgain(pauseMs: number): Promise<void> {
  await pause(pauseMs);
  if (current.peek().state !== "lost") return;
  if (!(await answers())) {
    void tryAgain(Math.min(pauseMs * 2, MAX_PAUSE_MS));
    return;
  }
  // Another question may have been answered meanwhile, and with 401.
  if (current.peek().state === "lost") connectionIsUp();
}

/** Whether the sidecar answers at all, within 3 s. */
export async function answers(): Promise<boolean> {
  try {
    // Where packets just vanish, nothing else ends it.
    await fetch("livez", { cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) });
    return true;
  } catch {
    return false;
  }
}

import { signal } from "@preact/signals";
import type { Answers } from "../api/api-types.ts";
import { ask, send } from "../api/ask.ts";
import { connection, connectionIsSignedIn, untilConnected } from "../api/connection.ts";
import { pause } from "../api/pause.ts";

/** Who is signed in, and what they may do. */

export type Session = Answers["GET /session"];

const current = signal<Session | undefined>(undefined);

/** Who is signed in, for components; undefined until it is known. */
export function session(): Session | undefined {
  return current.value;
}

/** Whether one may change something. What one may not do is not offered; the sidecar refuses it anyway. */
export function isOperator(): boolean {
  return current.value?.role === "operator";
}

/** Asks who one is. @throws ApiError */
async function readSession(): Promise<void> {
  current.value = await ask("GET /session");
  connectionIsSignedIn();
}

/** Where the session has ended: asks whether one has signed in again meanwhile, such as in another tab. */
export async function lookForSession(): Promise<void> {
  if (connection().state === "signed-out" && !document.hidden) await readSession().catch(() => undefined);
}

/** Asks who one is until that is known: without it, no view can say what one may do. */
export async function untilSessionIsRead(): Promise<void> {
  const { signal: never } = new AbortController();
  while (current.peek() === undefined) {
    // Where it fails, the banner says so: every answer tells of the connection.
    await readSession().catch(() => pause(RETRY_MS));
    await untilConnected(never);
  }
}

const RETRY_MS = 1_000;
const RETURN_TO = "tickbird.return-to";

let destination: "sign-in" | "sign-out" | undefined;

/** Why the page is being left, where that is known. */
export function leaving(): typeof destination {
  return destination;
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  await send("DELETE /session");
  destination = "sign-out";
  location.reload();
}

/** Leads to the page to sign in, and afterwards back to this place. */
export function signInAgain(): void {
  destination = "sign-in";
  sessionStorage.setItem(RETURN_TO, location.hash);
  location.reload();
}

/** Goes back to where one was when the session ended. */
export function returnToPlace(): void {
  const fragment = sessionStorage.getItem(RETURN_TO);
  sessionStorage.removeItem(RETURN_TO);
  if (fragment !== null && location.hash === "") location.hash = fragment;
}

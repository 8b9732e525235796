import type { Health } from "./answers.ts";

/** One thing that is wrong. */
export interface Finding {
  readonly id: string;
  /** `bad`: people feel it now, or will at once; `fair`: it should be looked at. */
  readonly tone: "bad" | "fair";
  readonly title: string;
  readonly detail: string;
  /** What to do, as a sentence. */
  readonly advice?: string | undefined;
  /** The line that mends it, to be copied. */
  readonly remedy?: string | undefined;
  readonly since?: string | null | undefined;
  /** Where more of it is to be seen; for operators only where `isForOperators`. */
  readonly more?: { readonly text: string; readonly href: string; readonly isForOperators?: boolean };
}

/** Whether the app is known to take no connections: what follows from that alone is not told beside it. */
export function isDown(health: Health | undefined): boolean {
  return health?.checks.some(({ name, status }) => name === "core-tcp" && status === "fail") ?? false;
}

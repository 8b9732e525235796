import type { Answers, ConfigChange } from "../../api/api-types.ts";
import type { Tone } from "../../ui/badge.tsx";

/** What the API tells of files and changes, in words. */

export type ListedFile = Answers["GET /config"]["files"][number];
export type FileContent = Answers["GET /config/{name}"];
export type Version = Answers["GET /config/{name}/versions"]["versions"][number];
type Phase = ConfigChange["phases"][number];

/** What makes the app read a file again. */
export function sayReload({ kind, ...settings }: ListedFile["reload"]): string {
  const words = (value: unknown) => (Array.isArray(value) ? value.join(" ") : String(value ?? ""));
  switch (kind) {
    case "signal":
      return `${words(settings["signal"] ?? "SIGHUP")} to the app's process`;
    case "http":
      return `${words(settings["method"] ?? "POST")} ${words(settings["path"])} to the app`;
    case "command":
      return words(settings["command"]);
    default:
      return "the app is not told: it reads the file by itself, or when it starts again";
  }
}

/** What shows that the app took a change. */
export function sayVerify(verify: ListedFile["verify"]): string {
  if (verify.length === 0) return "nothing: no change is put back by itself";
  const kinds: Readonly<Record<string, string>> = {
    http: "an HTTP answer",
    log: "its log",
    process: "its process stays alive",
    command: "a command",
  };
  return verify.map(({ kind }) => kinds[String(kind)] ?? String(kind)).join(", ");
}

const RUNNING: Readonly<Record<Phase["name"], string>> = {
  reload: "The app is told to read it",
  verify: "Watching whether the app takes it",
  "put-back": "The previous content is put back",
  "reload-again": "The app is told to read that again",
  "verify-again": "Watching whether the app is well again",
};

/** A step of a change. */
export function sayPhase({ name, reloads }: Phase): string {
  const isUntold = reloads.length > 0 && reloads.every(({ kind }) => kind === "none");
  return isUntold ? "The app is not told" : RUNNING[name];
}

/** What came of a change, once it is over; while it runs, that it does. */
export function sayOutcome({ state, phases, kind, files }: ConfigChange): { tone: Tone; says: string } {
  const isNew = files.every(({ oldEtag }) => oldEtag === null);
  const what = isNew ? "Created" : kind === "restore" ? "Restored" : "Saved";
  const reload = phases.find(({ name }) => name === "reload");
  const isVerified = phases.some(({ name, passed }) => name === "verify" && passed === true);
  switch (state) {
    case "running":
      return isBeingPutBack(phases)
        ? { tone: "bad", says: "It is put back. Now the app is watched, whether it is well again." }
        : { tone: "plain", says: "Written. The app is being watched." };
    case "rolled-back":
      return {
        tone: "bad",
        says: isNew
          ? "The app did not take it. The file is gone again."
          : "The app did not take it. The previous content is back in place.",
      };
    case "failed":
      return {
        tone: "bad",
        says: "The app did not take it, and the previous content could not be put back. Look at the file now.",
      };
    case "done":
      if (isVerified) return { tone: "good", says: `${what}, and the app was seen to take it.` };
      if (reload === undefined) {
        return { tone: "good", says: `${what}. The app is not told: no reload is set up for this file.` };
      }
      return reload.passed === true
        ? { tone: "good", says: `${what}, and the app was told to read it.` }
        : { tone: "fair", says: `${what}, but the app could not be told to read it.` };
  }
}

/** Whether a change is past being given up. */
export function isBeingPutBack(phases: readonly Phase[]): boolean {
  return phases.some(({ name }) => name === "put-back");
}

const STATES: Readonly<Record<ConfigChange["state"], { tone: Tone; says: string }>> = {
  running: { tone: "fair", says: "under way" },
  done: { tone: "good", says: "done" },
  "rolled-back": { tone: "bad", says: "put back" },
  failed: { tone: "bad", says: "failed" },
};

/** The state of a change in a word. */
export function stateBadge(state: ConfigChange["state"]): { tone: Tone; says: string } {
  return STATES[state];
}

/** How a version came to be. */
export function sayKind({ kind, restored }: Version): string {
  switch (kind) {
    case "found":
      return "there when the sidecar first looked";
    case "external":
      return "written by another program";
    case "change":
      return "changed here";
    case "restore":
      return restored === null ? "restored" : `version ${restored} restored`;
    case "rollback":
      return restored === null ? "put back" : `version ${restored} put back`;
  }
}

/** Whether the app took a version; nothing where that was not asked. */
export function verifiedBadge({ verified }: Version): { tone: Tone; says: string } | undefined {
  switch (verified) {
    case "passed":
      return { tone: "good", says: "verified" };
    case "failed":
      return { tone: "bad", says: "not taken" };
    case "pending":
      return { tone: "fair", says: "being verified" };
    case "not-asked":
      return undefined;
  }
}

import { constants } from "node:fs";
import { type FileHandle, open, readlink } from "node:fs/promises";
import { messageOf } from "../base/errors.ts";
import { O_PATH } from "./open-flags.ts";
import { hasCapability, ownStatus } from "./privileges.ts";
import { readStatus } from "./proc.ts";
import { CHANGING_USER, capabilityRemedy } from "./remedies.ts";
import { CommandError, run } from "./spawn.ts";

/** The root and the namespaces of the app (namespaces(7)), for a command that is to run in them. */

/** Whose root a command has, whose network (addresses and ports), host name (UTS) and System V IPC. */
export interface CommandPlace {
  readonly root: "sidecar" | "core";
  readonly network: "sidecar" | "core";
  readonly uts: "sidecar" | "core";
  readonly ipc: "sidecar" | "core";
  /** Why it is not the app's everywhere, where that was asked for, and the line that opens the rest. */
  readonly reason?: string;
  readonly remedy?: string;
}

/** Where a command runs that is not moved anywhere. */
export const IN_SIDECAR: CommandPlace = {
  root: "sidecar",
  network: "sidecar",
  uts: "sidecar",
  ipc: "sidecar",
};

/** The place, held by descriptors, so that no other process can come to have the number of the app's. */
export interface OpenedPlace extends AsyncDisposable {
  readonly place: CommandPlace;
  /** The descriptors that a command is to have from 3 on; the first is the root. */
  readonly descriptors: readonly number[];
  /** What stands before a command, which then is in the namespaces; empty where it stays in ours. */
  readonly prefix: readonly string[];
}

const KINDS = { net: "network", uts: "uts", ipc: "ipc" } as const;
type Kind = keyof typeof KINDS;
/** setns(2) takes the first. By the second the command loses it again: an app's program must never have it. */
const ENTERING = ["SYS_ADMIN", "SETPCAP"] as const;
const TRIAL_MS = 5_000;

/**
 * Opens them. Those namespaces that the app shares with us, and those that can be entered, are the app's for a command;
 * whether they can be is tried.
 * @throws the system error where the process has ended or may not be looked into.
 */
export async function openCorePlace(pid: number): Promise<OpenedPlace> {
  await using opened = new AsyncDisposableStack();
  const held = opened.use(await open(`/proc/${pid}`, O_PATH | constants.O_DIRECTORY));
  const of = (name: string) => `/proc/self/fd/${held.fd}/${name}`;
  const root = opened.use(await open(of("root"), O_PATH | constants.O_DIRECTORY));
  const others: { readonly kind: Kind; readonly handle: FileHandle }[] = [];
  for (const kind of Object.keys(KINDS).filter(isKind)) {
    const [ours, theirs] = await Promise.all([readlink(`/proc/self/ns/${kind}`), readlink(of(`ns/${kind}`))]);
    if (ours !== theirs) others.push({ kind, handle: opened.use(await open(of(`ns/${kind}`), "r")) });
  }
  const descriptors = [root.fd, ...others.map(({ handle }) => handle.fd)];
  const kinds = others.map(({ kind }) => kind);
  const entry = await entryOf(kinds, pid, descriptors);
  const kept = opened.move();
  return {
    ...entry,
    // Those that the command would be in already, it is not to hold.
    descriptors: entry.prefix.length === 0 ? [root.fd] : descriptors,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The place of a command, in words; undefined where all of it is the app's. */
export function whatIsNotCores({ network, uts, ipc, reason }: CommandPlace): string | undefined {
  const names = [
    ...(network === "sidecar" ? ["network"] : []),
    ...(uts === "sidecar" ? ["host name"] : []),
    ...(ipc === "sidecar" ? ["IPC"] : []),
  ];
  return names.length === 0
    ? undefined
    : `The command has the sidecar's ${names.join(", ")}: ${reason ?? "?"}.`;
}

function isKind(text: string): text is Kind {
  return text in KINDS;
}

async function entryOf(
  kinds: readonly Kind[],
  pid: number,
  descriptors: readonly number[],
): Promise<Pick<OpenedPlace, "place" | "prefix">> {
  const all: CommandPlace = { root: "core", network: "core", uts: "core", ipc: "core" };
  if (kinds.length === 0) return { place: all, prefix: [] };
  const own = await ownStatus();
  const ours = Object.fromEntries(kinds.map((kind) => [KINDS[kind], "sidecar"] as const));
  const stay = (reason: string) => {
    const capabilities = capabilityRemedy(own, "SYS_PTRACE", ...CHANGING_USER, ...ENTERING);
    const remedy = `${capabilities}; only where the command needs it: SYS_ADMIN is nearly all that root may`;
    return { place: { ...all, ...ours, reason, remedy }, prefix: [] };
  };
  const missing = ENTERING.filter((name) => !hasCapability(own.capEffective, name));
  if (missing.length > 0) return stay(`it lacks ${missing.map((name) => `CAP_${name}`).join(" and ")}`);
  const prefix = [...entering(kinds), ...(await keepingCapabilitiesOf(pid))];
  const refusal = await tryIt(prefix, descriptors);
  return refusal === undefined ? { place: all, prefix } : stay(refusal);
}

function entering(kinds: readonly Kind[]): string[] {
  return ["nsenter", ...kinds.map((kind, index) => `--${kind}=/proc/self/fd/${4 + index}`)];
}

/** Those of the app itself, and what chroot(1) takes to become its user. */
async function keepingCapabilitiesOf(pid: number): Promise<string[]> {
  const theirs = (await readStatus(pid))?.capPermitted ?? 0n;
  const changing = CHANGING_USER.map((name) => name.toLowerCase());
  const numbers = Array.from({ length: 64 }, (_, index) => index);
  const kept = numbers.filter((index) => ((theirs >> BigInt(index)) & 1n) === 1n);
  const names = [...changing, ...kept.map((index) => `cap_${index}`)];
  return ["setpriv", `--bounding-set=-all,${names.map((name) => `+${name}`).join(",")}`];
}

/** Security modules and seccomp filters may forbid what the capabilities allow: undefined where nothing does. */
async function tryIt(prefix: readonly string[], descriptors: readonly number[]): Promise<string | undefined> {
  try {
    await run([prefix[0] ?? "", ...prefix.slice(1), "true"], { timeoutMs: TRIAL_MS, descriptors });
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return error.exit.stderr.trim() || messageOf(error);
    throw error;
  }
}

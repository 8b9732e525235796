import type { User } from "../../../linux/as-user.ts";
import type { Obstacle } from "../../../linux/look-into.ts";
import { whyNotInto } from "../../../linux/look-into.ts";
import { hasCapability, ownStatus } from "../../../linux/privileges.ts";
import { readStat, readStatus } from "../../../linux/proc.ts";
import type { ProcStatus } from "../../../linux/proc-status.ts";
import { capabilityRemedy, signalRemedy } from "../../../linux/remedies.ts";
import { effectOfSignal, signalProcess } from "../../../linux/signal-process.ts";
import type { Jvm } from "../jvm-finder.ts";
import { canAttach } from "../read-figures.ts";
import { openAttachPlace, whyNoRoom } from "./attach-place.ts";

/** A JVM that may be attached to, as the check has found it. */
export interface Attachable {
  /** Its pid as it sees itself. */
  readonly ownPid: number;
  /** Whose files and connections it obeys. */
  readonly owners: readonly number[];
  /** Whom it has to be asked as, where it does not obey us. */
  readonly asUser: User | undefined;
  /** Of Java: 8, 11, 17… */
  readonly release: number;
  /** Why it must not be sent the signal; then there is a socket already. */
  readonly signalObstacle: Obstacle | undefined;
}

/** Either, or what is in the way. */
export type AttachCheck =
  | { readonly attachable: Attachable; readonly obstacle?: undefined }
  | { readonly attachable: null; readonly obstacle: Obstacle };

/** Since then the JVM obeys root as well as its own user. */
const FIRST_THAT_OBEYS_ROOT = 11;

/**
 * Finds out whether a JVM can be attached to without doing it any harm; asks nothing of it. What makes a JVM open its
 * socket is SIGQUIT, and that ends a process that does not handle it, and makes a JVM that will not attach write a thread
 * dump into the app's output.
 */
export async function checkAttach(jvm: Jvm): Promise<AttachCheck> {
  const { pid } = jvm.stat;
  const [stat, status, own] = await Promise.all([readStat(pid), readStatus(pid), ownStatus()]);
  if (stat === undefined || status === undefined) return blocked("the process has ended");
  if (jvm.runtime.implementation !== "HotSpot") {
    return blocked(
      "only HotSpot can be attached to",
      "Use an image with a HotSpot JVM, such as eclipse-temurin",
    );
  }
  const into = await whyNotInto(pid);
  if (into !== undefined) return { attachable: null, obstacle: into };
  if (/^[Tt]$/.test(stat.stateLetter)) return blocked("the process is stopped", `kill -CONT ${pid}`);
  const word = await theirWord(jvm);
  if (word.obstacle !== undefined) return { attachable: null, obstacle: word.obstacle };
  const { asUser, obstacle } = whoAsks(own, status, word.release);
  if (obstacle !== undefined) return { attachable: null, obstacle };
  const owners = [status.uids.effective, ...(word.release >= FIRST_THAT_OBEYS_ROOT ? [0] : [])];
  const ownPid = status.namespacePids.at(-1) ?? pid;
  const signalObstacle = await whyNoSignal(jvm);
  const noSocket = (await hasSocket(pid, ownPid)) ? undefined : (signalObstacle ?? (await whyNoRoom(pid)));
  if (noSocket !== undefined) return { attachable: null, obstacle: noSocket };
  return { attachable: { ownPid, owners, asUser, release: word.release, signalObstacle } };
}

/** With -Xrs a JVM has its socket from the start, and any signal would end it. */
async function whyNoSignal({ stat: { pid }, startTime }: Jvm): Promise<Obstacle | undefined> {
  if ((await effectOfSignal(pid, "SIGQUIT")) !== "handled") {
    return {
      reason:
        "it does not handle SIGQUIT, and has no attach socket: it has only just begun, or the socket was removed",
      remedy: "Try again in some seconds, or restart the app",
    };
  }
  if (signalProcess({ pid, startTime }, 0) !== "denied") return undefined;
  return { reason: "the sidecar may not send it signals", remedy: (await signalRemedy(pid)) ?? null };
}

async function hasSocket(pid: number, ownPid: number): Promise<boolean> {
  try {
    await using place = await openAttachPlace(pid, { ownPid, owners: [], asUser: undefined });
    await using socket = await place.openSocket();
    return socket !== undefined;
  } catch {
    return false;
  }
}

type Word = { readonly release: number; readonly obstacle?: undefined } | { readonly obstacle: Obstacle };

/** Whether the JVM itself says that it takes part; without its word it is not tried. */
async function theirWord(jvm: Jvm): Promise<Word> {
  const { sample, obstacle } = await jvm.read();
  if (sample === null) return { obstacle };
  if (canAttach(sample) !== true) {
    return {
      obstacle: {
        reason: "it was started with -XX:+DisableAttachMechanism",
        remedy: "Start the app without -XX:+DisableAttachMechanism",
      },
    };
  }
  const version = sample.text("java.property.java.vm.specification.version") ?? "";
  const release = Number(version.replace(/^1\./, ""));
  return { release: Number.isSafeInteger(release) ? release : 0 };
}

/** Whom a JVM is asked as: undefined where it obeys us ourselves. */
type Asker =
  | { readonly asUser: User | undefined; readonly obstacle?: undefined }
  | { readonly asUser?: undefined; readonly obstacle: Obstacle };

/** What the JVM looks at of who connects: effective user and group (SO_PEERCRED of socket(7)). */
function whoAsks(own: ProcStatus, target: ProcStatus, release: number): Asker {
  const [uid, gid] = [target.uids.effective, target.gids.effective];
  if (own.uids.effective === uid && own.gids.effective === gid) return { asUser: undefined };
  const isRoot = own.uids.effective === 0;
  const obeysRoot = release >= FIRST_THAT_OBEYS_ROOT;
  const has = (name: "DAC_OVERRIDE" | "SETUID" | "SETGID") => hasCapability(own.capEffective, name);
  // Its socket is for its own user alone (mode 0600).
  if (isRoot && obeysRoot && (uid === 0 || has("DAC_OVERRIDE"))) return { asUser: undefined };
  if (has("SETUID") && has("SETGID")) return { asUser: { uid, gid } };
  const userLine = `user: "${uid}:${gid}" for the sidecar (the app's own user; needs no capability)`;
  if (isRoot && obeysRoot) {
    return {
      obstacle: {
        reason: `its attach socket belongs to its user ${uid}, and the sidecar lacks the capability DAC_OVERRIDE`,
        remedy: `${capabilityRemedy(own, "DAC_OVERRIDE", "KILL")}, or ${userLine}`,
      },
    };
  }
  const whom = obeysRoot ? "its own user and group, and root" : "its own user and group";
  return {
    obstacle: {
      reason: `a JVM of Java ${release || "of unknown release"} obeys only ${whom}: it runs as ${uid}:${gid}, the sidecar as ${own.uids.effective}:${own.gids.effective}`,
      remedy: isRoot ? `${capabilityRemedy(own, "SETUID", "SETGID", "KILL")}, or ${userLine}` : userLine,
    },
  };
}

function blocked(reason: string, remedy?: string): AttachCheck {
  return { attachable: null, obstacle: { reason, remedy: remedy ?? null } };
}

import { readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { AppError, isErrno } from "../../base/errors.ts";
import { type EventFormat, EventFormatError, parseEventFormat } from "./event-format.ts";
import { TRACEPOINT_KINDS, TRACEPOINTS, type TracepointKind } from "./kernel-records.ts";
import { type PageLayout, parsePageLayout } from "./ring-buffer.ts";

/** What the kernel's tracefs says of itself (kernel: trace/ftrace.rst). */
export interface Tracefs {
  readonly dir: string;
  readonly formats: Readonly<Record<TracepointKind, EventFormat>>;
  readonly layout: PageLayout;
}

/** TRACEFS_MAGIC of statfs(2). */
const TRACEFS = 0x74726163;
const MOUNT =
  'volumes: ["/sys/kernel/tracing:/tracing"] for the sidecar, and SIDECAR_STRACE_TRACEFS_DIR=/tracing';

/**
 * Looks at the tracefs that is mounted at `dir`.
 * @throws {AppError} saying what keeps us from it, with the remedy; `refusal` in it names the cause.
 */
export async function lookAtTracefs(dir: string): Promise<Tracefs> {
  const type = await statfs(dir).then(
    (system) => system.type,
    (error: unknown) => {
      throw refusedByKernel(dir, error);
    },
  );
  if (type !== TRACEFS) {
    throw new AppError(
      "not-supported",
      `${dir} (strace.tracefsDir) is no tracefs: the host's is not mounted there.`,
      {
        remedy: MOUNT,
        extra: { refusal: "not-mounted" },
      },
    );
  }
  try {
    const header = await readFile(join(dir, "events/header_page"), "utf8");
    const entries = await Promise.all(
      TRACEPOINT_KINDS.map(async (kind) => [kind, await formatOf(dir, kind)] as const),
    );
    const [enter, returned, fork, end, exec, signal, score] = entries.map(([, format]) => format);
    if (!(enter && returned && fork && end && exec && signal && score))
      throw new EventFormatError("a tracepoint is missing");
    return {
      dir,
      layout: parsePageLayout(header),
      formats: { enter, return: returned, fork, end, exec, signal, score },
    };
  } catch (error) {
    throw refusedByKernel(dir, error);
  }
}

async function formatOf(dir: string, kind: TracepointKind): Promise<EventFormat> {
  return parseEventFormat(await readFile(join(dir, "events", TRACEPOINTS[kind], "format"), "utf8"));
}

/** The refusal that an error of tracefs stands for; anything else is given back as it is. */
export function refusedByKernel(dir: string, error: unknown): unknown {
  if (error instanceof EventFormatError) {
    return new AppError("not-supported", `The kernel's trace events are not understood: ${error.message}.`, {
      remedy: "engine=strace",
      extra: { refusal: "unknown-format" },
      cause: error,
    });
  }
  if (isErrno(error, "EROFS")) {
    return refusal("permission-denied", "read-only", `${dir} is mounted read-only`, MOUNT, error);
  }
  if (isErrno(error, "EACCES")) {
    return refusal(
      "permission-denied",
      "no-access",
      `${dir} belongs to root, and the sidecar may not use it: it runs as another user, or AppArmor forbids writing below /sys`,
      `user: "0:0" for the sidecar; ${MOUNT}, not at /sys/kernel/tracing`,
      error,
    );
  }
  if (isErrno(error, "EPERM")) {
    return refusal(
      "permission-denied",
      "locked-down",
      "The kernel forbids tracing: it is locked down (kernel_lockdown(7), confidentiality)",
      "lockdown=integrity on the host's kernel command line, or engine=strace",
      error,
    );
  }
  if (isErrno(error, "ENOENT", "ENOTDIR")) {
    return refusal(
      "not-supported",
      "not-there",
      `${dir} (strace.tracefsDir) is missing, or the kernel is without the trace events of system calls (CONFIG_FTRACE_SYSCALLS)`,
      MOUNT,
      error,
    );
  }
  if (isErrno(error, "ENOMEM", "ENOSPC")) {
    return refusal(
      "limit-reached",
      "no-memory",
      "The kernel has no memory for another trace buffer",
      "Try again later.",
      error,
    );
  }
  return error;
}

function refusal(
  code: "permission-denied" | "not-supported" | "limit-reached",
  name: string,
  sentence: string,
  remedy: string,
  cause: unknown,
): AppError {
  return new AppError(code, `${sentence}.`, { remedy, extra: { refusal: name }, cause });
}

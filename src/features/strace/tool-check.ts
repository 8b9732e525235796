import { AppError, isErrno } from "../../base/errors.ts";
import { ownStatus, yamaScope } from "../../linux/privileges.ts";
import { capabilityRemedy } from "../../linux/remedies.ts";
import { CommandError, run } from "../../linux/spawn.ts";
import { guarded } from "./command.ts";
import type { Denial, Refusal } from "./denial.ts";

/** Finds out, by doing it, whether strace can trace anything here at all. */
export interface ToolCheck {
  /**
   * Traces a child of our own. A success is remembered, a failure is looked at anew each time.
   * @throws {AppError} `not-supported` where strace is missing, `permission-denied` where the kernel refuses ptrace.
   */
  verify(): Promise<{ version: string }>;
}

const CHECK_TIMEOUT_MS = 10_000;
/** What a program that can't be found or executed makes its starter exit with (POSIX sh, and util-linux as well). */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** Makes the check. */
export function createToolCheck(): ToolCheck {
  let known: { version: string } | undefined;
  let check: Promise<{ version: string }> | undefined;
  return {
    async verify() {
      if (known !== undefined) return known;
      check ??= traceOwnChild().finally(() => {
        check = undefined;
      });
      known = await check;
      return known;
    },
  };
}

/** strace tracing another strace that prints its version: shows at once that it is there, which one, and that it works. */
async function traceOwnChild(): Promise<{ version: string }> {
  const tracing = ["strace", "-qq", "-e", "trace=none", "-o", "/dev/null", "strace", "-V"];
  try {
    const { stdout } = await run(guarded(tracing, { maxFileBytes: 65_536, maxCpuSeconds: 5 }), {
      timeoutMs: CHECK_TIMEOUT_MS,
      leadsGroup: true,
    });
    return { version: /version (\S+)/.exec(stdout)?.[1] ?? "unknown" };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw await explain(error);
  }
}

async function explain(error: CommandError): Promise<AppError> {
  const { exitCode, stderr, stoppedBy } = error.exit;
  if (isErrno(error.cause, "ENOENT") || exitCode === NOT_FOUND) {
    const isStrace = /strace: No such file/.test(stderr);
    return new AppError(
      "not-supported",
      `${isStrace ? "strace" : "util-linux (setpriv, prlimit)"} is not installed beside the sidecar.`,
      {
        remedy: `apt install ${isStrace ? "strace" : "util-linux"}, or use the sidecar's image, which has it`,
        cause: error,
        extra: { refusal: (isStrace ? "no-strace" : "no-util-linux") satisfies Refusal },
      },
    );
  }
  if (exitCode === NOT_EXECUTABLE) {
    return new AppError("permission-denied", `strace can't be executed: ${stderr.trim()}`, {
      remedy: "cap_add: [SYS_PTRACE], where strace carries that capability as a file capability",
      cause: error,
      extra: { refusal: "not-executable" satisfies Refusal },
    });
  }
  if (stoppedBy === "timeout") {
    return new AppError(
      "not-supported",
      `strace did not manage to trace a process of the sidecar's own within ${CHECK_TIMEOUT_MS} ms.`,
      {
        remedy: "Give the sidecar more CPU time.",
        cause: error,
        extra: { refusal: "no-time" satisfies Refusal },
      },
    );
  }
  const { refusal, reason, remedy } = await whyNoPtrace();
  return new AppError("permission-denied", `${reason} strace says: ${stderr.trim()}`, {
    remedy,
    cause: error,
    extra: { refusal },
  });
}

/** Not even an own child may be traced: what can forbid that. */
async function whyNoPtrace(): Promise<Denial> {
  const [scope, own] = await Promise.all([yamaScope(), ownStatus()]);
  if (scope === 3) {
    return {
      refusal: "yama-disabled",
      reason: "The kernel forbids ptrace to everyone (kernel.yama.ptrace_scope is 3).",
      remedy: "Restart the host with kernel.yama.ptrace_scope=1: 3 can't be lowered while it runs.",
    };
  }
  const remedy = capabilityRemedy(own, "SYS_PTRACE");
  if (scope === 2) {
    return {
      refusal: "yama-scope",
      reason: "ptrace needs the capability SYS_PTRACE here (kernel.yama.ptrace_scope is 2).",
      remedy,
    };
  }
  if (own.seccompMode === 2) {
    return {
      refusal: "seccomp",
      reason: "A seccomp filter forbids ptrace.",
      remedy: `${remedy} (the default profile then allows it), or a seccomp profile that allows ptrace`,
    };
  }
  return { refusal: "no-ptrace", reason: "ptrace does not work here.", remedy };
}

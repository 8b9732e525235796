import { constants } from "node:os";
import type { SignalRecord } from "../../../../linux/tracefs/kernel-records.ts";
import type { SignalEvent } from "../event.ts";

/** Signals and where they came from, by the names that strace has for them. */

const NAMES = new Map<number, string>();
// Of two names for one number strace has the first, too.
for (const [name, number] of Object.entries(constants.signals)) {
  if (!NAMES.has(number)) NAMES.set(number, name);
}
const FIRST_REAL_TIME = 32;

/** Codes that any signal may have (siginfo.h). */
const COMMON_CODES: Readonly<Record<number, string>> = {
  [0]: "SI_USER",
  [0x80]: "SI_KERNEL",
  [-1]: "SI_QUEUE",
  [-2]: "SI_TIMER",
  [-3]: "SI_MESGQ",
  [-4]: "SI_ASYNCIO",
  [-5]: "SI_SIGIO",
  [-6]: "SI_TKILL",
  [-7]: "SI_DETHREAD",
  [-60]: "SI_ASYNCNL",
};

/** Those of some signals: the first is 1. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  SIGCHLD: ["CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"],
  SIGSEGV: ["SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"],
  SIGBUS: ["BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR"],
  SIGFPE: ["FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV"],
  SIGILL: ["ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG"],
  SIGTRAP: ["TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT"],
};

/** What an event has of a signal. */
export function signalParts({
  number,
  code,
}: SignalRecord): Pick<SignalEvent, "signal" | "code" | "senderPid" | "info"> {
  const signal = signalName(number);
  const codeName = COMMON_CODES[code] ?? CODES[signal]?.[code - 1] ?? String(code);
  return { signal, code: codeName, senderPid: null, info: `{si_signo=${signal}, si_code=${codeName}}` };
}

/** `SIGTERM`, `SIGRT_8`. */
function signalName(number: number): string {
  if (number < FIRST_REAL_TIME) return NAMES.get(number) ?? String(number);
  return number === FIRST_REAL_TIME ? "SIGRTMIN" : `SIGRT_${number - FIRST_REAL_TIME}`;
}

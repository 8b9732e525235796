import type {
  ExitEvent,
  KilledEvent,
  PersonalityEvent,
  SignalEvent,
  StopEvent,
  SupersededEvent,
} from "./event.ts";
import type { CallOrigin } from "./read-call.ts";

/** What is no call: what becomes of a thread. */
export type Remark = SignalEvent | StopEvent | ExitEvent | KilledEvent | SupersededEvent | PersonalityEvent;

const SIGNAL = /^--- (SIG[A-Z\d_]+|\d+) (\{.*\}) ---$/s;
const STOPPED = /^--- stopped by (SIG[A-Z\d_]+|\d+) ---$/;
const EXITED = /^\+\+\+ exited with (\d+) \+\+\+$/;
const KILLED = /^\+\+\+ killed by (SIG[A-Z\d_]+|\d+)( \(core dumped\))? \+\+\+$/;
const SUPERSEDED = /^\+\+\+ superseded by execve in pid (\d+) \+\+\+$/;
const PERSONALITY = /^\[ Process PID=(\d+) runs in (.*) mode\. \]$/;
const CODE = /[{ ]si_code=([A-Z][A-Z\d_]*)/;
const SENDER = /[{ ]si_pid=(\d+)/;

/** Reads what is after the thread and the time of a line that is no call. Undefined where it is none of these. */
export function readRemark(text: string, origin: CallOrigin): Remark | undefined {
  const first = text.charAt(0);
  if (first === "-") return readSignal(text, origin);
  if (first === "+") return readEnd(text, origin);
  return readPersonality(text, origin);
}

/** Reads a remark on the mode that a process runs in, which may stand on a line without thread and time. */
export function readPersonality(text: string, origin?: CallOrigin): PersonalityEvent | undefined {
  const [, process, mode = ""] = PERSONALITY.exec(text) ?? [];
  if (process === undefined) return undefined;
  const tid = Number(process);
  return { type: "personality", time: origin?.time ?? null, tid, pid: origin?.pid ?? null, mode };
}

function readSignal(text: string, origin: CallOrigin): Remark | undefined {
  const [, signal, info = ""] = SIGNAL.exec(text) ?? [];
  if (signal !== undefined) {
    const sender = SENDER.exec(info)?.[1];
    return {
      ...{ type: "signal", ...origin, signal, info },
      code: CODE.exec(info)?.[1] ?? null,
      senderPid: sender === undefined ? null : Number(sender),
    };
  }
  const stopper = STOPPED.exec(text)?.[1];
  return stopper === undefined ? undefined : { type: "stop", ...origin, signal: stopper };
}

function readEnd(text: string, origin: CallOrigin): Remark | undefined {
  const exitCode = EXITED.exec(text)?.[1];
  if (exitCode !== undefined) return { type: "exit", ...origin, exitCode: Number(exitCode) };
  const killed = KILLED.exec(text);
  if (killed !== null) {
    return { type: "killed", ...origin, signal: killed[1] ?? "", isCoreDumped: killed[2] !== undefined };
  }
  const byTid = SUPERSEDED.exec(text)?.[1];
  return byTid === undefined ? undefined : { type: "superseded", ...origin, byTid: Number(byTid) };
}

import type { Engine } from "./engine-names.ts";

/** What a trace costs those that it is of, as measured, and which of their calls return EINTR by it. */
export const TRACE_COST: Readonly<Record<Engine, string>> = {
  strace:
    "Each system call of a traced process stops it twice: busy servers were left 2 to 20 % of their throughput. Attaching and letting go can interrupt a call that waits (epoll_wait, epoll_pwait, recv with a time-out, semop, semtimedop, sigtimedwait, io_uring_enter): it returns EINTR once.",
  tracefs:
    "Nothing is stopped or interrupted: no call returns EINTR by it. Each system call of the host takes some 0.1 microseconds longer: busy servers were left 56 to 80 % of their throughput.",
};

/** The signals that can be sent to a process of the app (signal(7)). */
export const SIGNALS = [
  ...(["SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGKILL", "SIGUSR1", "SIGUSR2"] as const),
  ...(["SIGTERM", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGWINCH"] as const),
] as const;

/** One of them. */
export type Signal = (typeof SIGNALS)[number];

/**
 * Sends SIGKILL to all processes of a group (kill(2)), one that is just being forked included. The number is given to
 * nobody else while one of them lives; once none does, to a process that comes to lead a group within the moment in
 * which we hear of the leader's end. Harmless where nobody is left, or where we may not.
 */
export function killGroup(leaderPid: number): void {
  // Of 1 kill(2) would make every process that there is.
  if (leaderPid <= 1) return;
  try {
    process.kill(-leaderPid, "SIGKILL");
  } catch {
    // ESRCH: nobody is left. EPERM: they are no longer ours to kill.
  }
}

/** The CPU time that this thread takes for a task: on a busy machine the clock tells of others, too. */
export function cpuMsOf(task: () => void): number {
  const before = process.threadCpuUsage();
  task();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

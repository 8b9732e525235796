import type { ComposeProject } from "../support/docker.ts";

/** The TracerPid of every thread of a process of the core, read in the core's own container. "0" is: nobody traces it. */
export async function tracerPids(project: ComposeProject, pid: number): Promise<Set<string>> {
  const statuses = await project.compose(
    ...["exec", "-T", "core", "sh", "-c", `cat /proc/${pid}/task/*/status`],
  );
  return new Set([...statuses.matchAll(/^TracerPid:\t(\d+)$/gm)].map(([, tracer]) => tracer ?? ""));
}

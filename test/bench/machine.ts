import { execFile } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What the results depend on, to be asked before the first measurement: processor, kernel, and the programs that load and trace. No names of hosts or paths. */
export async function describeMachine(): Promise<string[]> {
  const [minute = Number.NaN] = loadavg();
  const processors = cpus();
  const model = processors[0]?.model ?? "unknown";
  return [
    `Processor: ${model}, ${processors.length} cores, ${(totalmem() / 1_073_741_824).toFixed(0)} GiB of memory`,
    // Without what a distribution or a host adds to it.
    `Kernel: Linux ${/^[\d.]+/.exec(release())?.[0] ?? "unknown"}`,
    `Load average of the minute before: ${minute.toFixed(1)}`,
    `Client: ${await firstLine("h2load", ["--version"])}; tracer: ${await firstLine("strace", ["--version"])}`,
  ];
}

async function firstLine(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(command, args);
    return stdout.split("\n")[0]?.trim() ?? "";
  } catch {
    return `no ${command}`;
  }
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import { readExecutable } from "../../src/linux/proc.ts";
import { fixturePath, startTarget, type TargetProcess } from "../linux/target-process.ts";
import { poll } from "./poll.ts";

/** Programs in C that tests build, since no package has them. */

/** Builds a program of `test/fixtures`. */
export async function buildProgram(source: string, ...options: string[]): Promise<string> {
  const folder = await mkdtemp("/tmp/tickbird-core-");
  onTestFinished(() => rm(folder, { recursive: true }));
  const program = join(folder, "core");
  execFileSync("cc", ["-O1", ...options, "-o", program, fixturePath(source)]);
  return program;
}

/** Starts a program of 32 bits that needs no library; gives why this kernel can't run it where it can't. */
export async function start32Bits(): Promise<TargetProcess | string> {
  const options = ["-m32", "-nostdlib", "-static", "-ffreestanding", "-fno-pie", "-no-pie"];
  const program = await buildProgram("freestanding.c", ...options, "-fno-stack-protector");
  const target = await startTarget([program], { stdio: "ignore" });
  // execvp(3) gives what the kernel does not know to a shell.
  const executable = await poll("it is executed", async () => {
    const { value } = await readExecutable(target.pid);
    return value !== process.execPath && (value ?? "none");
  });
  if (executable === program) return target;
  await target[Symbol.asyncDispose]();
  return whyNo32Bits();
}

function whyNo32Bits(): string {
  const refused = "this kernel refuses to execute programs of 32 bits (ENOEXEC)";
  if (!isEmulationBuiltIn())
    return `${refused}: it is built without CONFIG_IA32_EMULATION, or does not say so`;
  return `${refused}, although it is built with CONFIG_IA32_EMULATION: that is switched off at its start, by ia32_emulation=0 or by a hypervisor without a mode of 32 bits (PVM)`;
}

function isEmulationBuiltIn(): boolean {
  try {
    return /^CONFIG_IA32_EMULATION=y$/m.test(gunzipSync(readFileSync("/proc/config.gz")).toString());
  } catch {
    return false;
  }
}

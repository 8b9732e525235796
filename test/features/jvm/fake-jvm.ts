import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { fixturePath, startTarget, type TargetProcess } from "../../linux/target-process.ts";
import { recorded } from "./recorded.ts";

/** A process that looks like a JVM from outside, and answers with what was recorded of one: for machines without Java. */
export interface FakeJvm extends TargetProcess {
  /** Its performance data. */
  readonly perfFile: string;
}

/** What it looks like. */
export interface FakeOptions {
  /** What stands for its virtual machine: `libjvm.so`. */
  readonly library?: string;
  readonly perfData?: Buffer;
  readonly isInMemory?: boolean;
  readonly uid?: number;
  /** Whether it has JDK Flight Recorder, as all have since Java 11. */
  readonly hasRecorder?: boolean;
  /** Whether it never comes to the end of its heap. */
  readonly isHeapEndless?: boolean;
  /** Whether it knows version 2 of the attach protocol alone, beside the question for it. */
  readonly speaksOnlyVersion2?: boolean;
  /** Whether it is killed by the first question. */
  readonly diesWhenAsked?: boolean;
  /** Whether root may attach to it, as to all since Java 11. */
  readonly obeysRoot?: boolean;
}

/** Starts one; resolves when it runs. */
export async function startFakeJvm(options: FakeOptions = {}): Promise<FakeJvm> {
  const { library = "libjvm.so", perfData = recorded("17-serial"), isInMemory = false, uid = 0 } = options;
  const { hasRecorder = true, obeysRoot = true, isHeapEndless = false } = options;
  const folder = await mkdtemp(join(tmpdir(), "tickbird-fake-jvm-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const path = join(folder, library);
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", path, fixturePath("jvm/library.c")]);
  await mkdir(join(folder, "hsperfdata_app"));
  const perfFile = join(folder, "hsperfdata_app", "1");
  await writeFile(perfFile, perfData);
  if (uid !== 0) await chown(perfFile, uid, uid);
  const script = fixturePath("jvm/answering.mjs");
  const target = await startTarget([process.execPath, script, fixturePath("jvm")], {
    cwd: "/",
    ...(uid === 0 ? {} : { uid, gid: uid }),
    env: {
      ...{ LD_PRELOAD: path, PERF_FILE: perfFile },
      ...(isInMemory ? { PERF_IN_MEMORY: "1" } : {}),
      ...(hasRecorder ? {} : { NO_RECORDER: "1" }),
      ...(options.speaksOnlyVersion2 === true ? { ONLY_VERSION_2: "1" } : {}),
      ...(options.diesWhenAsked === true ? { DIES_WHEN_ASKED: "1" } : {}),
      ...(isHeapEndless ? { ENDLESS_DUMP: "1" } : {}),
      ...(obeysRoot ? { OBEYS_ROOT: "1" } : {}),
    },
  });
  onTestFinished(() => rm(`/tmp/.java_pid${target.pid}`, { force: true }));
  await target.line();
  return { ...target, perfFile };
}

/** Performance data that say that the JVM was started with a JMX port. */
export function withJmxPort(port: number): Buffer {
  const bytes = recorded("17-serial");
  const name = "java.rt.vmArgs\0";
  const at = bytes.indexOf("-Xmx", bytes.indexOf(name) + name.length);
  bytes.write(`-Dcom.sun.management.jmxremote.port=${port}\0`, at, "latin1");
  return bytes;
}

/** Performance data that say to be of another release of Java, of at most as many letters. */
export function ofRelease(release: string): Buffer {
  const bytes = recorded("17-serial");
  const name = "java.property.java.vm.specification.version\0";
  const at = bytes.indexOf(name) + name.length;
  const value = bytes.indexOf("17\0", at);
  bytes.write(release, value, "latin1");
  return bytes;
}

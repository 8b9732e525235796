import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fixturePath, startTarget, type TargetProcess } from "../linux/target-process.ts";

/** JVMs that run programs of `test/fixtures/jvm`. */

/** The JDKs of this machine by their names, each once: the packages of Debian, and others beside them. */
export function installedJdks(folder = "/usr/lib/jvm"): readonly (readonly [name: string, home: string])[] {
  if (!existsSync(folder)) return [];
  const homes = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((home) => existsSync(join(home, "bin/java")))
    .map((home) => realpathSync(home));
  return [...new Set(homes)].map((home) => [home.slice(folder.length + 1), home] as const);
}

/** A folder with the compiled programs, which every user may read. */
export interface Programs extends AsyncDisposable {
  /** Starts one; resolves when it has written its first line. */
  start(program: string, how?: StartOptions): Promise<TargetProcess>;
}

/** How a program is started. */
export interface StartOptions {
  readonly home?: string;
  readonly options?: readonly string[];
  readonly arguments?: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
  /** What stands before `java`. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Compiles programs. */
export async function compilePrograms(...names: readonly string[]): Promise<Programs> {
  // Not below /tmp, in whose place a test may mount another one.
  const folder = await mkdtemp("/var/tmp/tickbird-jvm-");
  await chmod(folder, 0o755);
  const sources = names.map((name) => fixturePath(`jvm/${name}.java`));
  execFileSync("/usr/bin/javac", ["--release", "17", "-d", folder, ...sources]);
  return {
    async start(program, how = {}) {
      const java = how.home === undefined ? "/usr/bin/java" : join(how.home, "bin/java");
      const tuning = ["-Xmx64m", "-XX:TieredStopAtLevel=1", ...(how.options ?? [])];
      const { uid, gid } = how;
      const argv = [
        ...(how.wrapper ?? []),
        java,
        ...tuning,
        "-cp",
        folder,
        program,
        ...(how.arguments ?? []),
      ];
      const target = await startTarget(argv, {
        cwd: "/",
        ...(uid === undefined ? {} : { uid }),
        ...(gid === undefined ? {} : { gid }),
        env: { PATH: "/usr/bin:/bin", ...how.env },
      });
      await target.line();
      return {
        ...target,
        async [Symbol.asyncDispose]() {
          await target.kill();
          // A JVM that is killed leaves its attach socket.
          await rm(`/tmp/.java_pid${target.pid}`, { force: true });
        },
      };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

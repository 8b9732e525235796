import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const KEPT_CHARACTERS = 20_000;

/** A Node program of this repository, running as a child of the demo. */
export interface Program {
  /** Resolves with the match once its output matches. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Rejects when it ends before {@link stop}, with how it ended and the last of what it wrote. */
  readonly ended: Promise<never>;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  /** SIGKILL, if it still runs. */
  kill(): void;
}

/**
 * Starts a program in a process group of its own: a Ctrl-C at the terminal goes to a whole group, and the demo stops
 * its programs itself, in order.
 * @param options.echo shows its output as it comes; otherwise only the end of it is kept, for the case that it fails.
 */
export function startProgram(
  name: string,
  argv: readonly string[],
  { env, echo }: { env: Readonly<Record<string, string>>; echo: boolean },
): Program {
  const child = spawn(process.execPath, argv, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-KEPT_CHARACTERS);
      if (echo) process.stderr.write(text);
    });
  }
  let isStopping = false;
  const exited = once(child, "close");
  const ended = exited.then(([code, signal]): never | Promise<never> => {
    if (isStopping) return new Promise<never>(() => undefined);
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    throw new Error(`${name} ended ${how}${echo ? "" : `; the last it wrote:\n${output.trimEnd()}`}`);
  });
  // Whoever cares races it; when nobody does, that is no unhandled rejection.
  ended.catch(() => undefined);
  return {
    says: async (pattern) => {
      for (;;) {
        const match = pattern.exec(output);
        if (match !== null) return match;
        await once(child.stdout, "data");
      }
    },
    ended,
    async stop() {
      isStopping = true;
      child.kill("SIGTERM");
      await exited;
    },
    kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    },
  };
}

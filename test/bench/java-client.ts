import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { compileJava } from "../support/jmx-fixtures.ts";

/** Java's own client of JMX, in a JVM of its own. */
export interface JavaClient extends AsyncDisposable {
  /** Does something so often; gives how long it took each time, in microseconds. */
  measure(what: "connect" | "attribute" | "all", times: number): Promise<number[]>;
}

/** Starts one that is connected to a port of loopback; its JVM has no flag at all. */
export async function startJavaClient(port: number): Promise<JavaClient> {
  const classes = await compileJava("Timings");
  const java = spawn("/usr/bin/java", ["-cp", classes, "Timings", String(port)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(java, "close");
  const lines = createInterface({ input: java.stdout })[Symbol.asyncIterator]();
  return {
    async measure(what, times) {
      java.stdin.write(`${what} ${times}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("Java's client has ended");
      return String(value).split(",").map(Number);
    },
    async [Symbol.asyncDispose]() {
      java.stdin.end();
      await ended;
    },
  };
}

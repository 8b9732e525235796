import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

let output = "";
let exit: number | string | null = null;
const demo = spawn(process.execPath, ["examples/demo.ts"], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
for (const stream of [demo.stdout, demo.stderr]) {
  stream.on("data", (chunk) => {
    output += String(chunk);
  });
}
demo.once("close", (code, signal) => {
  exit = code ?? signal;
});

beforeAll(() =>
  poll("the demo to be ready", () => output.includes("Ctrl-C stops both"), { timeoutMs: 30_000 }),
);
afterAll(() => demo.kill("SIGKILL"));

/** The curl commands that it prints, each as one line. */
function commands(): string[] {
  return output
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("curl "));
}

/** Runs a line as a person would paste it. */
async function paste(line: string): Promise<string> {
  return (await run("bash", ["-c", line])).stdout;
}

test("the demo prints an address, a link with the token, and three curl lines, and all of them work", async () => {
  expect(output).toMatch(/https:\/\/localhost:\d+\/_sidecar\/#token=\S{16,}/);
  const [about = "", strace = "", patch = "", ...more] = commands();
  expect(more).toEqual([]);
  expect(await paste(about)).toContain("Rhino Freight");
  const url = /https:\/\/localhost:\d+/.exec(about)?.[0] ?? "";
  expect(JSON.parse(await paste(patch))).toMatchObject({ changed: true, reload: { done: true } });
  await poll("the app to have taken it over", async () =>
    (await paste(`curl -sk ${url}/`)).includes("Good morning"),
  );
  if (isMissing("ptrace")) return;
  expect(await paste(strace)).toMatch(/^\d+ +\d+\.\d+ \w+\(/m);
});

test("Ctrl-C stops both, and leaves nothing behind", async () => {
  const children = (await run("ps", ["-o", "pid=", "--ppid", String(demo.pid)])).stdout.trim().split(/\s+/);
  expect(children).toHaveLength(2);
  demo.kill("SIGINT");
  await poll("its end", () => exit !== null);
  expect(exit).toBe(0);
  await poll("the end of both", () => children.every((pid) => !existsSync(`/proc/${pid}`)));
});

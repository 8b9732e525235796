import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { bench } from "./bench.ts";
import { type Options, readOptions } from "./options.ts";

/** `npm run bench`: what the sidecar costs, beside its peers, on this machine. `npm run bench -- --help`. */

const NEEDED = ["/usr/sbin/nginx", "/usr/bin/h2load", "/usr/bin/strace"];
const INSTALL = "apt-get install -y nginx-light nghttp2-client strace";
const RESULTS = new URL("RESULTS.md", import.meta.url);
const INTERRUPTED = 130;

const options = readOptions(process.argv.slice(2));
const missing = NEEDED.filter((path) => !existsSync(path));
if ("text" in options) {
  console.log(options.text);
  process.exit(options.exitCode);
}
if (missing.length > 0) {
  console.error(`Not found: ${missing.join(", ")}. What mends it: ${INSTALL}`);
  process.exit(1);
}
const stack = new AsyncDisposableStack();
let isInterrupted = false;
const exitCode = await Promise.race([run(options), interruption()]);
await stack.disposeAsync();
process.exit(exitCode);

async function run(asked: Options): Promise<number> {
  try {
    const report = await bench(asked, stack, (text) => console.error(text));
    console.log(`\n${report}`);
    const isWhole = !asked.isQuick && asked.names.length === 0;
    if (isWhole)
      await writeFile(RESULTS, `# What the sidecar costs\n\nMade by \`npm run bench\`.\n\n${report}`);
    console.error(isWhole ? "Written to test/bench/RESULTS.md." : "A part, or quick: nothing is written.");
    return 0;
  } catch (error) {
    // What was ended under it fails.
    if (!isInterrupted) console.error(error);
    return 1;
  }
}

/** Resolves at Ctrl-C. npm passes on what the terminal has sent to all of us already: a second signal changes nothing. */
function interruption(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      isInterrupted = true;
      resolve(INTERRUPTED);
    });
  }
  return promise;
}

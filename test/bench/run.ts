import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { bench } from "./bench.ts";
import { type Options, readOptions } from "./options.ts";

/** `npm run bench`: what the sidecar costs, beside its peers, on this machine. `npm run bench -- --help`. */

const NEEDED = ["/usr/sbin/nginx", "/usr/bin/h2load", "/usr/bin/strace"];
const INSTALL = "apt-get install -y nginx-light nghttp2-client strace";
const RESULTS = new URL("RESULTS.md", import.meta.url);
const INTERRUPTED = 130;

// Each program that is run listens to this one's end, and there are many.
process.setMaxListeners(100);
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
const interrupted = new AbortController();
const exitCode = await Promise.race([run(options), interruption()]);
await stack.disposeAsync();
process.exit(exitCode);

async function run(asked: Options): Promise<number> {
  try {
    const { report, hasFailures } = await bench(asked, {
      ...{ stack, signal: interrupted.signal },
      progress: (text) => console.error(text),
    });
    console.log(`\n${report}`);
    const isWhole = !asked.isQuick && asked.names.length === 0;
    if (isWhole)
      await writeFile(RESULTS, `# What the sidecar costs\n\nMade by \`npm run bench\`.\n\n${report}`);
    console.error(isWhole ? "Written to test/bench/RESULTS.md." : "A part, or quick: nothing is written.");
    return hasFailures ? 1 : 0;
  } catch (error) {
    // What was ended under it fails.
    if (!interrupted.signal.aborted) console.error(error);
    return 1;
  }
}

/** Resolves at Ctrl-C. npm passes on what the terminal has sent to all of us already: a second signal changes nothing. */
function interruption(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      interrupted.abort();
      resolve(INTERRUPTED);
    });
  }
  return promise;
}

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { bench } from "./bench.ts";
import { readOptions } from "./options.ts";

/** `npm run bench`: what the sidecar costs, beside its peers, on this machine. `npm run bench -- --help`. */

const NEEDED = ["/usr/sbin/nginx", "/usr/bin/h2load", "/usr/bin/strace"];
const INSTALL = "apt-get install -y nginx-light nghttp2-client strace";
const RESULTS = new URL("RESULTS.md", import.meta.url);

process.exitCode = await run();

async function run(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if ("text" in options) {
    console.log(options.text);
    return options.exitCode;
  }
  const missing = NEEDED.filter((path) => !existsSync(path));
  if (missing.length > 0) {
    console.error(`Not found: ${missing.join(", ")}. What mends it: ${INSTALL}`);
    return 1;
  }
  const stack = new AsyncDisposableStack();
  endOnSignal(stack);
  try {
    const report = await bench(options, stack, (text) => console.error(text));
    console.log(`\n${report}`);
    const isWhole = !options.isQuick && options.names.length === 0;
    if (isWhole)
      await writeFile(RESULTS, `# What the sidecar costs\n\nMade by \`npm run bench\`.\n\n${report}`);
    console.error(isWhole ? "Written to test/bench/RESULTS.md." : "A part, or quick: nothing is written.");
    return 0;
  } finally {
    await stack.disposeAsync();
  }
}

/** Ctrl-C ends all that was started. npm passes on what the terminal has sent to all of us already: one is enough. */
function endOnSignal(stack: AsyncDisposableStack): void {
  let isEnding = false;
  const end = async () => {
    if (isEnding) return;
    isEnding = true;
    await stack.disposeAsync();
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end());
}

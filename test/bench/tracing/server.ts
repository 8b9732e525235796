import { serveStrace } from "../../features/strace/serve-strace.ts";

/** The feature `strace` in a process of its own, so that its costs can be told from the bench's. Settings are arguments. */
const settings = Object.fromEntries(process.argv.slice(2).map((each) => each.split("=", 2)));
const served = await serveStrace({ settings });
console.log(served.url);

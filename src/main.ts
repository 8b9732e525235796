#!/usr/bin/env node
import { refuseOldNode } from "./base/node-version.ts";

// Before anything else is loaded: what comes next does not even parse on an old Node.
const refusal = refuseOldNode(process.versions.node);
if (refusal === undefined) {
  const { run } = await import("./command-line.ts");
  process.exitCode = await run(process.argv.slice(2), process.env);
} else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}

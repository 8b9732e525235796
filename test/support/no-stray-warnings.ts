import { afterAll } from "vitest";

/** A process warning (a leaked listener, a deprecation, a disposed twice) is a defect: it fails the file it came from. */
const warnings: Error[] = [];
process.on("warning", (warning) => {
  warnings.push(warning);
});

afterAll(() => {
  const first = warnings[0];
  if (first !== undefined) {
    throw new Error(`${warnings.length} process warning(s), the first: ${first.stack ?? first.message}`, {
      cause: first,
    });
  }
});

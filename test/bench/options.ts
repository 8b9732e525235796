import { parseArgs } from "node:util";
import { FIGURES } from "./figures/figures.ts";
import { IDLE } from "./idle.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";

const HELP = `npm run bench -- [--quick] [name …]

  Measures the sidecar and its peers before the same core; everything runs on this machine, on loopback.
  Without names: everything, written to test/bench/RESULTS.md. With names, or --quick: printed only.

  --quick   a first impression: fewer requests, fewer rounds; half a minute for a scenario
  --help

Names:
${[
  ...SCENARIOS.map(({ name, title }) => [name, title]),
  [IDLE.name, IDLE.title],
  ...FIGURES.map(({ name }) => [name, "figures of the sidecar"]),
]
  .map(([name = "", title]) => `  ${name.padEnd(10)}  ${title}`)
  .join("\n")}
`;

/** What is to be measured. */
export interface Options {
  readonly isQuick: boolean;
  /** The names given; empty for everything. */
  readonly names: readonly string[];
}

/** Reads the command line; gives the text to print where there is nothing to measure. */
export function readOptions(argv: readonly string[]): Options | { readonly text: string; exitCode: number } {
  const known = [...SCENARIOS, IDLE, ...FIGURES].map(({ name }) => name);
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { quick: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
    });
    if (values.help === true) return { text: HELP, exitCode: 0 };
    const unknown = positionals.filter((name) => !known.includes(name));
    if (unknown.length === 0) return { isQuick: values.quick, names: positionals };
    return { text: `There is no ${unknown.join(", ")}.\n\n${HELP}`, exitCode: 64 };
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`, exitCode: 64 };
  }
}

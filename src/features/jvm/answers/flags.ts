import { z } from "zod";
import { maskValue } from "../../../base/command-line.ts";

/** Reads the table that `VM.flags -all` gives. */

/** One flag of a JVM. */
export const jvmFlag = z.object({
  name: z.string(),
  type: z.string(),
  value: z.string().meta({ description: "As the JVM writes it; masked where it looks secret." }),
  kinds: z.array(z.string()).meta({ description: "`product`, `diagnostic`, `manageable`…" }),
  origin: z.string().meta({ description: "Who set it: `default`, `command line`, `ergonomic`…" }),
});

/** One flag of a JVM. */
export type JvmFlag = z.output<typeof jvmFlag>;

const LINE = /^\s*(\w+)\s+(\w+)\s+(:?=)\s?(.*?)\s*\{([^{}]*)\}(?:\s*\{([^{}]*)\})?\s*$/;
const MAX_LINE_LENGTH = 4_096;

/** Reads the table; lines that are no flag are passed over. Java 8 has no origin, and `:=` for what is not default. */
export function parseFlags(text: string): JvmFlag[] {
  return text.split("\n").flatMap((line) => {
    const [, type, name, sign, value = "", kinds = "", origin] =
      LINE.exec(line.slice(0, MAX_LINE_LENGTH)) ?? [];
    if (type === undefined || name === undefined) return [];
    return {
      ...{ name, type, value: maskValue(name, value) },
      kinds: kinds.split(" ").filter((kind) => kind !== ""),
      origin: origin ?? (sign === ":=" ? "not default" : "default"),
    };
  });
}

import { getProperties } from "properties-file";
import { z } from "zod";
import { maskValue } from "../../../base/command-line.ts";

/** Reads the system properties as a JVM writes them (java.util.Properties.store). */

/** One property. */
export const jvmProperty = z.object({ name: z.string(), value: z.string(), isMasked: z.boolean() });

/** Reads them, in the order of their names; secrets are masked unless they are to be shown. */
export function parseProperties(text: string, showSecrets: boolean): z.output<typeof jvmProperty>[] {
  return Object.entries(getProperties(text))
    .map(([name, value]) => {
      const shown = showSecrets ? value : maskValue(name, value);
      return { name, value: shown, isMasked: shown !== value };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

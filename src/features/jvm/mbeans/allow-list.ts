import { StartError } from "../../../base/errors.ts";
import type { Settings } from "../../../settings/schema.ts";
import { matchesPattern } from "../jmx/name-pattern.ts";
import { ObjectNameError, parseObjectName } from "../jmx/object-name.ts";

/** What of an MBean may be changed. */
export type Member = { readonly kind: "attributes" | "operations"; readonly name: string };

/** What the settings allow to change. */
export interface AllowList {
  /** @param mbean the name of one; a pattern of names is allowed nothing. */
  allows(mbean: string, member: Member): boolean;
}

/**
 * Makes it of `jvm.jmx.allow`.
 * @throws {StartError} for what is no name of MBeans.
 */
export function createAllowList(rules: Settings["jvm"]["jmx"]["allow"]): AllowList {
  const compiled = rules.map((rule) => ({ ...rule, pattern: patternOf(rule.mbean) }));
  return {
    allows(mbean, { kind, name }) {
      const parsed = parseObjectName(mbean);
      return compiled.some((rule) => {
        const isNamed = rule[kind].includes(name) || rule[kind].includes("*");
        return isNamed && matchesPattern(rule.pattern, parsed);
      });
    },
  };
}

/** The setting that allows it. */
export function allowRemedy(mbean: string, { kind, name }: Member): string {
  return `SIDECAR_JVM_JMX_ALLOW=${JSON.stringify([{ mbean, [kind]: [name] }])}`;
}

function patternOf(text: string) {
  try {
    return parseObjectName(text);
  } catch (error) {
    if (!(error instanceof ObjectNameError)) throw error;
    throw new StartError(`jvm.jmx.allow: ${error.message}`, {
      remedy: "Correct it: java.util.logging:type=Logging",
      cause: error,
    });
  }
}

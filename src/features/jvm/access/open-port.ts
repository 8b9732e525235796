import { readCommandLine } from "../../../linux/proc.ts";
import type { Jvm } from "../jvm-finder.ts";

/** The JMX port that a JVM was started with. */
export interface OpenPort {
  readonly port: number;
  /** `com.sun.management.jmxremote.registry.ssl`; whether the rest speaks TLS the registry itself says. */
  readonly isRegistryTls: boolean;
}

const PREFIX = "-Dcom.sun.management.jmxremote.";

/** Options of java(1) whose value is the next word. */
const WITH_VALUE = new Set([
  ...["-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules"],
  ...["--add-exports", "--add-opens", "--add-reads", "--limit-modules", "--patch-module", "--source"],
  ...["--enable-native-access", "--illegal-native-access", "--finalization"],
]);

/**
 * Finds it in the JVM's arguments, those of JAVA_TOOL_OPTIONS too; where the JVM keeps no performance data, in its command
 * line alone. Undefined where there is none. Nothing is sent.
 */
export async function findOpenPort(jvm: Jvm): Promise<OpenPort | undefined> {
  const { sample } = await jvm.read();
  const told = sample?.text("java.rt.vmArgs") ?? null;
  if (told !== null) return openPortIn(told.split(/\s+/));
  const line = await readCommandLine(jvm.stat.pid);
  return openPortIn(optionsOf(line?.value?.argv ?? []));
}

/** The words of a command line that are for the JVM itself; what stands behind the main class is the app's. */
export function optionsOf([, ...words]: readonly string[]): string[] {
  const end = words.findIndex(
    (word, at) =>
      /^(?:-jar|-m|--module(?:=.*)?)$/.test(word) ||
      (!word.startsWith("-") && !WITH_VALUE.has(words[at - 1] ?? "")),
  );
  return end === -1 ? words : words.slice(0, end);
}

/** Reads it in arguments; of one that is there twice the last counts, as for Java. */
export function openPortIn(vmArguments: readonly string[]): OpenPort | undefined {
  const given = new Map(
    vmArguments.flatMap((word): [string, string][] => {
      const [, name, value] =
        /^([\w.]+)=(.*)$/.exec(word.startsWith(PREFIX) ? word.slice(PREFIX.length) : "") ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
  const port = Number(given.get("port"));
  // With 0 the port is known to nobody.
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { port, isRegistryTls: given.get("registry.ssl") === "true" };
}

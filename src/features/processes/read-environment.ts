import { maskValue } from "../../base/command-line.ts";
import { readText } from "../../linux/proc.ts";

const MAX_BYTES = 4_194_304;

/** A variable of the environment. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly isMasked: boolean;
}

/** Reads the environment that a program was started with (proc_pid_environ(5)); throws the system error where that can't be read. */
export async function readEnvironment(pid: number, showSecrets: boolean): Promise<Variable[]> {
  const text = await readText(`/proc/${pid}/environ`, MAX_BYTES);
  return text.split("\0").flatMap((entry) => {
    // A program that writes its title over its environment leaves what is no variable.
    const equals = entry.indexOf("=");
    if (equals < 1) return [];
    const name = entry.slice(0, equals);
    const value = entry.slice(equals + 1);
    const shown = showSecrets ? value : maskValue(name, value);
    return [{ name, value: shown, isMasked: shown !== value }];
  });
}

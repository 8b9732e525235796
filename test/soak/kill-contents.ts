import { z } from "zod";

/** What `config-kills.test.ts` and the program that it kills have in common. */

/** The groups of files that are changed together, each by the names of its files. */
export const GROUPS = ["ab", "c", "de", "f"] as const;

/** What one of the sidecars says before it changes a group. */
export const changed = z.object({ lane: z.int(), files: z.enum(GROUPS), number: z.int() });

/** What one of the sidecars says before it changes a group. */
export type Changed = z.output<typeof changed>;

/**
 * The files: `a` and `b` are changed together, `c` by itself, `d` and `e` together, and the app is asked for those; `f` by
 * itself, and it is a mount, where that can be: so it is written in place.
 */
export const NAMES = ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "f.txt"];

/**
 * The content that a file of a group has with a number: of another length for each, so that a mixture of two is like none.
 * None is so long that a thread would have to be started for it.
 */
export function contentOf(files: Changed["files"], number: number): string {
  const length = (number * 7_919) % (files.length === 1 ? 30_000 : 1_800);
  return `${number}\n${"x".repeat(length)}\nend of ${number}\n`;
}

/** Whether the app takes a content in `d` and `e`. */
export function isFit(number: number): boolean {
  return number % 3 !== 2;
}

/** The settings of the feature. The log is the app's: it says after each reload whether it has taken what it read. */
export function killSettings(folder: string): { files: object[]; history: object } {
  const verify = {
    kind: "log",
    path: `${folder}/log`,
    contains: "taken",
    fails: "refused",
    timeoutMs: 20_000,
  };
  const reload = { kind: "http", path: "/reload" };
  return {
    files: NAMES.map((name) => ({
      path: `${folder}/${name}`,
      ...(name === "d.txt" || name === "e.txt" ? { reload, verify } : {}),
    })),
    history: { maxVersions: 5 },
  };
}

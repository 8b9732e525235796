import type { ReloadSettings, VerifySettings } from "../../../settings/schema.ts";
import type { ConfigFile } from "../files/config-files.ts";

/** A reload and what shows that it worked: files that have the same share one. */
export interface ReloadTarget {
  readonly key: string;
  readonly reload: ReloadSettings;
  readonly verify: readonly VerifySettings[];
}

/** The target of a file. */
export function targetOf({ reload, verify }: ConfigFile): ReloadTarget {
  return { key: JSON.stringify([reload, verify]), reload, verify };
}

/** Whether anything is to be done once a file has changed. */
export function isIdle({ reload, verify }: ReloadTarget): boolean {
  return reload.kind === "none" && verify.length === 0;
}

/** The targets of files, each once. */
export function targetsOf(files: readonly ConfigFile[]): readonly ReloadTarget[] {
  return [...new Map(files.map(targetOf).map((target) => [target.key, target])).values()];
}

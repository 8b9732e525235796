import { messageOf } from "../../../base/errors.ts";
import { type ContentThread, factsOf } from "../thread/content-orders.ts";
import type { PhaseResult } from "./change.ts";
import type { WrittenFile } from "./written-file.ts";

/** What is shown of the beginning of an answer, or of a line. */
const SHOWN_CHARACTERS = 500;
/** What is shown of what a command wrote: its end, where programs say what is wrong. */
const SHOWN_OUTPUT_CHARACTERS = 2_000;

/** What somebody else wrote, as far as it was read. */
interface Evidence {
  readonly body?: string;
  readonly line?: string;
  readonly output?: string;
}

/**
 * What a step came to, with the secrets of the files masked in what the app and its programs said, and that cut to what
 * is shown: an app that refuses a value quotes it. Only then cut, for half of a secret would not be found.
 * @param files those that were changed: their secrets are those of the old and of the new contents.
 */
export async function maskEvidence(
  result: PhaseResult,
  files: readonly WrittenFile[],
  thread: ContentThread,
): Promise<PhaseResult> {
  const { reloads, checks } = result;
  return {
    ...result,
    ...(reloads === undefined ? {} : { reloads: await maskEach(reloads, files, thread) }),
    ...(checks === undefined ? {} : { checks: await maskEach(checks, files, thread) }),
  };
}

async function maskEach<T extends Evidence>(
  outcomes: readonly T[],
  files: readonly WrittenFile[],
  thread: ContentThread,
): Promise<readonly T[]> {
  const masked: T[] = [];
  for (const outcome of outcomes) {
    const { body, line, output } = outcome;
    masked.push({
      ...outcome,
      ...(body === undefined ? {} : { body: beginning(await maskText(body, files, thread)) }),
      ...(line === undefined ? {} : { line: beginning(await maskText(line, files, thread)) }),
      ...(output === undefined ? {} : { output: ending(await maskText(output, files, thread)) }),
    });
  }
  return masked;
}

/** Withheld where a content can't be looked through: better nothing than a secret. */
async function maskText(text: string, files: readonly WrittenFile[], thread: ContentThread): Promise<string> {
  if (text === "") return text;
  let masked = text;
  try {
    for (const { file, old, bytes } of files) {
      masked = await thread.maskOutput({ file: factsOf(file), old, next: bytes, output: masked });
    }
  } catch (error) {
    return `It is withheld, for its secrets can't be told: ${messageOf(error)}`;
  }
  return masked;
}

function beginning(text: string): string {
  return text.slice(0, SHOWN_CHARACTERS);
}

function ending(text: string): string {
  return text.slice(-SHOWN_OUTPUT_CHARACTERS);
}

import { AppError } from "../../../base/errors.ts";
import { type CoreProcessFinder, mainPid } from "../../../linux/core-process.ts";
import { type GrowingFile, growingFile, openGrowingFile } from "../../../linux/growing-file.ts";
import { openInRoot } from "../../../linux/open-in-root.ts";
import type { VerifySettings } from "../../../settings/schema.ts";
import type { PreparedCheck } from "./prepared-check.ts";

type LogCheck = Extract<VerifySettings, { kind: "log" }>;

const CORE = "core:";
/** What is read of a log at one look; one that grows faster is read on at the next. */
const PIECE_BYTES = 1_048_576;
/** What is kept of the line that decides. */
const LINE_CHARACTERS = 65_536;

/** How many times its time-out a log may take to come to rest after a reload that failed. */
const REST_FACTOR = 4;

/**
 * Looks for a line that a log gets after the reload. A log that is rotated meanwhile is read from its beginning.
 * @param isAgain a line that says that it failed may be a late one of the reload before: it decides only where the log
 * does not come to rest.
 */
export async function prepareLogCheck(
  check: LogCheck,
  coreProcess: CoreProcessFinder,
  isAgain: boolean,
): Promise<PreparedCheck> {
  const { path, contains, fails, timeoutMs } = check;
  const place = { ...(await endOf(path, coreProcess)), rest: Buffer.alloc(0) };
  const says = (text: string | undefined) => `line of ${path} has ${JSON.stringify(text)}.`;
  let failure: { readonly line: string; readonly atMs: number } | undefined;
  return {
    kind: "log",
    timeoutMs: isAgain ? timeoutMs * REST_FACTOR : timeoutMs,
    async look(elapsedMs) {
      const found = decide(await newLines(path, place, coreProcess), check, isAgain);
      if (found?.passed === true) return { ...found, isFinal: true, detail: `A ${says(contains)}` };
      if (found !== undefined) failure = { line: found.line, atMs: elapsedMs };
      const isQuiet = elapsedMs - (failure?.atMs ?? 0) >= timeoutMs;
      if (failure !== undefined && !(isQuiet && contains === undefined)) {
        return { line: failure.line, passed: false, isFinal: !isAgain, detail: `A ${says(fails)}` };
      }
      if (contains !== undefined)
        return { passed: false, isFinal: false, detail: `No new ${says(contains)}` };
      return { passed: true, isFinal: isQuiet, detail: `No new ${says(fails)}` };
    },
  };
}

/** The line that decides: the first; after an earlier failure the last. */
function decide(lines: readonly string[], { contains, fails }: LogCheck, isAgain: boolean) {
  const found = lines.flatMap((line) => {
    const shown = line.slice(0, LINE_CHARACTERS);
    if (fails !== undefined && line.includes(fails)) return { line: shown, passed: false };
    return contains !== undefined && line.includes(contains) ? { line: shown, passed: true } : [];
  });
  return found.at(isAgain ? -1 : 0);
}

interface Place {
  inode: string | undefined;
  offset: number;
  rest: Buffer;
}

async function endOf(path: string, coreProcess: CoreProcessFinder): Promise<Omit<Place, "rest">> {
  await using file = await openIfThere(path, coreProcess);
  // One that comes only now is new from its beginning on.
  return file === undefined
    ? { inode: undefined, offset: 0 }
    : { inode: file.inode, offset: await file.size() };
}

async function newLines(path: string, place: Place, coreProcess: CoreProcessFinder): Promise<string[]> {
  await using file = await openIfThere(path, coreProcess);
  if (file === undefined) return [];
  if (file.inode !== place.inode || (await file.size()) < place.offset) {
    Object.assign(place, { inode: file.inode, offset: 0, rest: Buffer.alloc(0) });
  }
  const piece = await file.read(place.offset, PIECE_BYTES);
  place.offset += piece.length;
  const bytes = Buffer.concat([place.rest, piece]);
  const end = bytes.lastIndexOf(0x0a) + 1;
  place.rest = bytes.subarray(Math.max(end, bytes.length - PIECE_BYTES));
  return bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
}

/** Undefined where it is not there yet. */
async function openIfThere(path: string, coreProcess: CoreProcessFinder): Promise<GrowingFile | undefined> {
  try {
    if (!path.startsWith(CORE)) return await openGrowingFile(path, "config.verify");
    return await growingFile(await openInRoot(await mainPid(coreProcess), path.slice(CORE.length)));
  } catch (error) {
    if (error instanceof AppError && error.status === 404) return undefined;
    throw error;
  }
}

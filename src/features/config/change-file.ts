import type { Buffer } from "node:buffer";
import { AppError } from "../../base/errors.ts";
import { pinFile, readPinned } from "../../linux/pinned-file.ts";
import { replacePinned, type WriteOutcome } from "../../linux/replace-file.ts";
import { type Condition, checkCondition } from "./conditions.ts";
import type { ConfigFile } from "./config-files.ts";
import { type Content, encode, etagOf, notUtf8, type ParseError, readContent, wholeText } from "./content.ts";
import type { Tree } from "./formats/tree.ts";
import { keptSecrets, withSecrets } from "./kept-secrets.ts";
import { masksOf } from "./masks.ts";
import { patchContent } from "./patch-text.ts";
import type { Queues } from "./queues.ts";
import { unmaskContent } from "./unmask.ts";

/** What became of a file. */
export interface FileChange {
  readonly oldEtag: string;
  readonly etag: string;
  /** Undefined where the content is what it was: then nothing is written. */
  readonly written: WriteOutcome | undefined;
}

/** Makes the new content of a file from the old one. @throws {AppError} where it can't, and nothing is written. */
export type MakeContent = (old: Content) => Buffer;

/**
 * Changes a file: reads it, checks the condition, makes the new content, and puts it in the place of the old one.
 * Changes of one file come one after the other, so of two that were made for the same content one wins.
 * @throws {AppError} and the old content is whole.
 */
export async function changeFile(
  file: ConfigFile,
  condition: Condition,
  make: MakeContent,
  { queues, maxBytes }: { queues: Queues; maxBytes: number },
): Promise<FileChange> {
  const realPath = await realPathOf(file);
  return queues.run(realPath, async () => {
    await using pinned = await pinFile(file.path);
    const old = readContent(await readPinned(pinned, maxBytes), file.format);
    checkCondition(condition, old.etag);
    const bytes = make(old);
    if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
    if (bytes.equals(old.bytes)) return { oldEtag: old.etag, etag: old.etag, written: undefined };
    return { oldEtag: old.etag, etag: etagOf(bytes), written: await replacePinned(pinned, bytes) };
  });
}

/** Two names may lead to one file. */
async function realPathOf(file: ConfigFile): Promise<string> {
  await using pinned = await pinFile(file.path);
  return pinned.realPath;
}

/**
 * The new content where a whole one was sent.
 * @throws {AppError} `content-invalid` where it is not what the format says, or a mask in it stands for nothing.
 */
export function replaceWith(body: Buffer, file: ConfigFile): MakeContent {
  return (old) => {
    const bytes = inEncodingOf(old, body);
    const sent = readContent(bytes, file.format);
    if (sent.parseError?.isInvalid === true) throw invalid(sent.parseError, file);
    return unmaskContent(sent, old, file.format);
  };
}

/** A file in another encoding than UTF-8 keeps it; what is sent is UTF-8, or the same bytes as are there. */
function inEncodingOf(old: Content, body: Buffer): Buffer {
  const sent = readContent(body, "text").decoded;
  const isOldLatin1 = old.decoded?.encoding === "latin1";
  if (sent?.encoding === "latin1" && !isOldLatin1) throw invalid(notUtf8(body));
  if (sent === null || sent.encoding === "latin1" || !isOldLatin1) return body;
  const text = wholeText(sent);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ISO-8859-1.
  if (/[^\u0000-\u00ff]/.test(text)) {
    throw new AppError(
      "content-invalid",
      "The file is in ISO-8859-1, which has not all of these characters.",
      {
        remedy: "In properties files, write such characters as \\uXXXX.",
      },
    );
  }
  return encode(text, { encoding: "latin1", hasByteOrderMark: false });
}

/**
 * The new content where a merge patch was sent.
 * @throws {AppError} `conflict` where the file can't be parsed, `content-invalid` where the change can't be written.
 */
export function mergeWith(patch: Tree, file: ConfigFile): MakeContent {
  return (old) => {
    if (old.document === null) throw notParsed(old.parseError, file);
    const kept = keptSecrets(patch, old.document.tree, masksOf(old.document).byPointer);
    return patchContent(old, file.format, withSecrets(patch, kept));
  };
}

function invalid({ line, column, detail, remedy }: ParseError, file?: ConfigFile): AppError {
  const where = `line ${line}, column ${column}`;
  return new AppError("content-invalid", `${detail.replace(/\.$/, "")} (${where}). Nothing was changed.`, {
    remedy:
      remedy ??
      `Correct the content${file === undefined ? "" : `, or set \`format: text\` for ${file.name}`}.`,
    errors: [{ pointer: "", detail, line, column }],
  });
}

function notParsed(error: ParseError | null, file: ConfigFile): AppError {
  const { line = 1, column = 1, detail = "It has no tree." } = error ?? {};
  return new AppError(
    "conflict",
    `${file.name} as it is can't be patched: ${detail} (line ${line}, column ${column})`,
    {
      remedy: error?.remedy ?? "Send the whole file with PUT.",
      errors: [{ pointer: "", detail, line, column }],
    },
  );
}

function tooLarge(sizeBytes: number, maxBytes: number): AppError {
  return new AppError("content-invalid", `The new content has ${sizeBytes} bytes; ${maxBytes} are allowed.`, {
    remedy: `SIDECAR_CONFIG_MAX_BYTES=${sizeBytes}`,
    extra: { maxBytes },
  });
}

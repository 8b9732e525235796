import { Ajv, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { AppError, type InputError, messageOf } from "../../../base/errors.ts";
import { pinFile, readPinned } from "../../../linux/pinned-file.ts";
import { type Content, readContent } from "../content.ts";
import { formatByName } from "../formats/formats.ts";
import { isTreeObject, stringify, type Tree } from "../formats/tree.ts";
import { inputErrors } from "./schema-errors.ts";
import type { SchemaSource } from "./schema-source.ts";

/**
 * JSON Schema, drafts 2020-12 and 7. A schema comes from the operator, and is trusted as the settings are: a pattern in
 * it may be one that takes long. It never fetches anything; what it refers to must stand in itself.
 */

interface Compiled {
  /** By which a file is known to be the same. */
  readonly stamp: string;
  readonly validate: ValidateFunction;
}

const MAX_SCHEMA_BYTES = 4_194_304;
const SETTING = "config.files[].schema";
const kept = new WeakMap<SchemaSource, Compiled>();

/**
 * The schema, ready for use. One in a file is read again when the file has changed.
 * @throws {AppError} with the remedy where it can't be read, or is none.
 */
export async function readySchema(source: SchemaSource): Promise<ValidateFunction> {
  const { from } = source;
  if (typeof from !== "string") {
    return (kept.get(source) ?? keep(source, "inline", () => from)).validate;
  }
  await using pinned = await pinFile(from, SETTING);
  const { dev, ino, size, mtimeNs, ctimeNs } = pinned.stats;
  const stamp = [dev, ino, size, mtimeNs, ctimeNs].join();
  const known = kept.get(source);
  if (known?.stamp === stamp) return known.validate;
  const bytes = await readPinned(pinned, MAX_SCHEMA_BYTES);
  return keep(source, stamp, () => parse(bytes, from)).validate;
}

/** What a schema finds wrong with a content; empty where nothing is. */
export function checkSchema(validate: ValidateFunction, content: Content): InputError[] {
  const { document } = content;
  if (document === null || validate(plain(document.tree)) === true) return [];
  return inputErrors(validate.errors ?? [], content);
}

function keep(source: SchemaSource, stamp: string, read: () => unknown): Compiled {
  const compiled = { stamp, validate: compile(source, read) };
  kept.set(source, compiled);
  return compiled;
}

function compile({ shown }: SchemaSource, read: () => unknown): ValidateFunction {
  try {
    const schema = read();
    if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
      throw new Error("it is no object");
    }
    const ajv = ajvFor("$schema" in schema ? schema.$schema : undefined);
    formats.default(ajv);
    if ("$async" in schema) throw new Error("$async is not supported");
    return ajv.compile({ ...schema });
  } catch (error) {
    throw new AppError("conflict", `The JSON Schema ${shown} can't be used: ${messageOf(error)}.`, {
      cause: error,
      remedy: `Correct the schema; what it refers to by $ref must stand in itself ($defs). Or leave ${SETTING} out.`,
    });
  }
}

const OPTIONS: Options = {
  // What a schema says beyond the standard is for other tools.
  strict: false,
  allErrors: true,
  // For the keys that it knows, to tell which one was meant.
  verbose: true,
  logger: false,
};

function ajvFor(dialect: unknown): Ajv {
  if (dialect === undefined) return new Ajv2020(OPTIONS);
  const text = String(dialect);
  if (/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test(text)) return new Ajv2020(OPTIONS);
  if (/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(text)) return new Ajv(OPTIONS);
  throw new Error(`its $schema is ${text}; supported are draft 2020-12 and draft-07`);
}

function parse(bytes: Buffer, path: string): unknown {
  const format = formatByName(path);
  const { document, parseError } = readContent(bytes, format === "text" ? "json" : format);
  if (document !== null && isTreeObject(document.tree)) return plain(document.tree);
  if (parseError === null) throw new Error("it is no object");
  throw new Error(`${parseError.detail} (line ${parseError.line}, column ${parseError.column})`);
}

/** Ordinary objects and numbers, which is what Ajv knows. */
function plain(tree: Tree): unknown {
  return JSON.parse(stringify(tree));
}

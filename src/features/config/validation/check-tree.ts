import { AppError, type InputError } from "../../../base/errors.ts";
import type { Content } from "../content.ts";
import type { ConfigFile } from "../files/config-files.ts";
import { sameTypes } from "./same-types.ts";
import { positionAt } from "./schema-errors.ts";
import type { SchemaSource } from "./schema-source.ts";

/** What a new content has to be like. */
export interface TreeDemands {
  readonly schema: SchemaSource | undefined;
  /** Whether every value must keep its type, and no key may come that was not there. */
  readonly keepTypes: boolean;
}

type CheckedFile = Pick<ConfigFile, "name" | "format">;

/**
 * Checks the tree of a new content: by its schema, then by the types of the old one.
 * @throws {AppError} `content-invalid` with what is wrong and where; `conflict` where the schema can't be used.
 */
export async function checkTree(
  file: CheckedFile,
  old: Content,
  next: Content,
  { schema, keepTypes }: TreeDemands,
): Promise<void> {
  if (schema !== undefined) {
    const { checkSchema, readySchema } = await schemas();
    const validate = await readySchema(schema);
    if (next.document === null) throw withoutTree(file, "its schema");
    refuseIf(file, `does not fit its schema, ${schema.shown}`, checkSchema(validate, next));
  }
  if (keepTypes) refuseIf(file, "would not have the types that it has", typeErrors(file, old, next));
}

/** Loaded where there is a schema: the library takes memory that most do not need. */
export function schemas() {
  return import("./schema.ts");
}

function typeErrors(file: CheckedFile, old: Content, next: Content): InputError[] {
  if (old.document === null || next.document === null) throw withoutTree(file, "the types of its values");
  return sameTypes(old.document.tree, next.document.tree, file.format).map((error) => ({
    ...error,
    ...positionAt(next, error.pointer),
  }));
}

function refuseIf(file: CheckedFile, what: string, errors: readonly InputError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
  throw new AppError(
    "content-invalid",
    `The new content of ${file.name} ${what}: ${first.pointer || "the whole"}: ${first.detail}${more} Nothing was changed.`,
    { remedy: "Correct what `errors` names, and send the change again.", errors },
  );
}

/** The refusal of what takes a tree, of a content that has none. */
export function withoutTree({ name, format }: CheckedFile, what: string): AppError {
  return new AppError("content-invalid", `${name} has no tree as ${format}, so ${what} can't be checked.`, {
    remedy:
      format === "text"
        ? `Set the \`format\` of ${name} in config.files, or leave its \`schema\` out.`
        : `Send content that is one document of ${format}.`,
  });
}

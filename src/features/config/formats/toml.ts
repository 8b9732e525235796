import { parseTOML } from "toml-eslint-parser";
import { type ConfigDocument, type ConfigFormat, ContentError, type ValuePlace } from "./format.ts";
import { editToml } from "./toml-edit.ts";
import { rewriteToml } from "./toml-rewrite.ts";
import { rangeOf, readToml, treeOfToml } from "./toml-tree.ts";
import { quoteToml } from "./toml-write.ts";

/**
 * TOML 1.0. Dates, times, `inf` and `nan`, which JSON has not, become the strings that they are written as; in the
 * place of such a one, such a string is written without quotes.
 */
export const toml: ConfigFormat = {
  name: "toml",
  mediaTypes: ["application/toml"],
  parse(text): ConfigDocument {
    const program = parse(text);
    const root = readToml(program);
    const values: ValuePlace[] = [];
    const tree = treeOfToml(text, root, values);
    return {
      tree,
      values: values.toSorted((one, other) => one.start - other.start),
      comments: program.comments.map((comment) => rangeOf(comment)),
      edit: (edit) => editToml(text, root, edit),
      rewrite: (wanted) => rewriteToml(text, root, wanted),
      write: (value) => quoteToml(value),
    };
  },
};

const TOO_MUCH = "The content is nested too deeply, or has a string that is too long to be read here.";

function parse(text: string) {
  try {
    // The parser gives a `0` at the very end of a text no length.
    return parseTOML(`${text}\n`, { tomlVersion: "1.0" });
  } catch (error) {
    // The parser makes a string of its characters in one call, and the stack has room for some 100,000.
    if (error instanceof RangeError) throw new ContentError(TOO_MUCH, 0, { isInvalid: false });
    if (!(error instanceof SyntaxError) || !("index" in error)) throw error;
    throw new ContentError(
      `Not valid TOML: ${lowerFirst(error.message)}.`,
      Math.min(Number(error.index), text.length),
    );
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

import type { DescriptorTarget, TraceArgument, TraceEvent } from "../api/api-types.ts";

/** System calls as people read them: nearly as strace writes them. Pure. */

/** A call, of all that a trace tells. */
export type CallEvent = Extract<TraceEvent, { type: "call" }>;

/** What a call gave: `= 3</etc/passwd>`, `= -1 ENOENT (No such file or directory)`. */
export function resultOf({ result, resultText, errno, decoded, marks }: CallEvent): string {
  if (marks.includes("unfinished") || marks.includes("detached")) return " = ? (not seen to return)";
  const value = resultText ?? (result === null ? "?" : String(result));
  const error = errno === null ? "" : ` ${errno.name} (${errno.text})`;
  return ` = ${value}${error}${decoded === null ? "" : ` (${decoded})`}`;
}

/** One argument. */
export function argumentText(argument: TraceArgument): string {
  switch (argument.kind) {
    case "named":
      return `${argument.name}=${argumentText(argument.value)}`;
    case "number":
      return argument.text ?? String(argument.value);
    case "string":
      return `${JSON.stringify(argument.value)}${argument.isTruncated ? "…" : ""}`;
    case "descriptor":
      return `${argument.fd ?? "AT_FDCWD"}<${targetText(argument.target)}>`;
    case "symbols":
      return argument.names.join("|");
    case "null":
      return "NULL";
    default:
      return argument.text;
  }
}

/** What a descriptor stands for. */
function targetText(target: DescriptorTarget): string {
  switch (target.kind) {
    case "file":
      return `${target.path}${target.device === null ? "" : `<${target.device}>`}${target.isDeleted ? " (deleted)" : ""}`;
    case "socket": {
      const protocol = target.protocol ?? "socket";
      const ends = [target.local, target.peer].filter((end) => end !== null);
      return ends.length === 0 ? `${protocol}:[${target.inode ?? "?"}]` : `${protocol} ${ends.join("→")}`;
    }
    case "other":
      return target.text;
  }
}

/** All arguments, with commas between; of each at most so many characters. */
export function argumentsOf({ args }: CallEvent, most = Number.POSITIVE_INFINITY): string {
  return args === null ? "…" : args.map((each) => cutText(argumentText(each), most)).join(", ");
}

/** A call with its arguments and its result in a short line; long texts are cut. */
export function shortCallText(call: CallEvent): string {
  return `${cutText(`${call.call}(${argumentsOf(call, MAX_ARGUMENT)})`, MAX_TEXT)}${cutText(resultOf(call), MAX_RESULT)}`;
}

const MAX_TEXT = 240;
const MAX_ARGUMENT = 80;
const MAX_RESULT = 120;

function cutText(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

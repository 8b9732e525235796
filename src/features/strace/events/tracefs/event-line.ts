import type { Argument, PlainArgument, Target } from "../argument.ts";
import type { CallEvent, TraceEvent } from "../event.ts";

/** Writes events as strace would have: for answers that are lines. */

const TID_WIDTH = 5;
/** What strace writes as an octal escape within `<…>`: what ends it, and what is no printable ASCII. */
const ESCAPED = /[^ -~]|[<>\\"]/gu;

/** The line of an event, such as `695   1763806812.204180 read(3</etc/passwd>, 0x7ffc…, 4096) = 17 <0.000012345>`. */
export function lineOf(event: TraceEvent): string {
  if (event.type === "unparsed") return event.text;
  const head = `${String(event.tid).padEnd(TID_WIDTH)} ${(event.time ?? 0).toFixed(6)} `;
  switch (event.type) {
    case "call":
      return head + callText(event);
    case "exit":
      return `${head}+++ exited with ${event.exitCode} +++`;
    case "superseded":
      return `${head}+++ superseded by execve in pid ${event.byTid} +++`;
    case "killed":
      return `${head}+++ killed by ${event.signal}${event.isCoreDumped ? " (core dumped)" : ""} +++`;
    case "signal":
      return `${head}--- ${event.signal} ${event.info} ---`;
    case "stop":
      return `${head}--- stopped by ${event.signal} ---`;
    case "personality":
      return `${head}[ Process PID=${event.tid} runs in ${event.mode} mode. ]`;
  }
}

/** A target as strace writes it between `<` and `>`. */
export function targetText(target: Target): string {
  switch (target.kind) {
    case "file":
      return `${escapeText(target.path)}${target.device === null ? "" : `<${target.device}>`}`;
    case "socket": {
      const name = target.protocol ?? "socket";
      if (target.inode !== null) return `${name}:[${target.inode}]`;
      return `${name}:[${target.local ?? ""}${target.peer === null ? "" : `->${target.peer}`}]`;
    }
    case "other":
      return escapeText(target.text);
  }
}

function callText(event: CallEvent): string {
  const { call, args, marks, durationNs, resultText } = event;
  const duration = durationNs === null ? "" : ` <${(durationNs / 1e9).toFixed(9)}>`;
  if (args === null) return `<... ${call} resumed>) = ${resultOf(event)}${duration}`;
  const words = args.map(argumentText).join(", ");
  if (marks.includes("unfinished")) return `${call}(${words} <unfinished ...>`;
  if (marks.includes("detached")) return `${call}(${words} <detached ...>`;
  if (resultText === "?" && event.errno === null) return `${call}(${words}) = ?`;
  return `${call}(${words}) = ${resultOf(event)}${duration}`;
}

function resultOf({ result, resultText, resultTarget, errno }: CallEvent): string {
  const deleted = resultTarget?.kind === "file" && resultTarget.isDeleted ? "(deleted)" : "";
  const value = resultText === null ? String(result) : resultText + deleted;
  return errno === null ? value : `${value} ${nameOf(errno)}`;
}

function nameOf({ name, text }: { readonly name: string; readonly text: string }): string {
  return /^\d/.test(name) ? `(${text})` : `${name} (${text})`;
}

function argumentText(argument: Argument): string {
  return argument.kind === "named" ? `${argument.name}=${plainText(argument.value)}` : plainText(argument);
}

function plainText(argument: PlainArgument): string {
  switch (argument.kind) {
    case "number":
      return argument.text ?? String(argument.value);
    case "descriptor":
      return `${argument.fd ?? "AT_FDCWD"}<${targetText(argument.target)}>${isDeleted(argument.target)}`;
    case "string":
      return JSON.stringify(argument.value);
    case "symbols":
      return argument.names.join("|");
    case "null":
      return "NULL";
    case "unread":
    case "structure":
    case "array":
    case "other":
      return argument.text;
  }
}

function isDeleted(target: Target): string {
  return target.kind === "file" && target.isDeleted ? "(deleted)" : "";
}

function escapeText(text: string): string {
  return text.replace(ESCAPED, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join(""),
  );
}

import type { Json } from "../jmx/json.ts";
import type { GivenCommand, NotificationCommand } from "../notifications/notification-command.ts";
import type { JolokiaOptions } from "./request-options.ts";

/** What a client of Jolokia can ask for (protocol 7.3). */

interface Common {
  /** As the answer repeats it. */
  readonly echo: Readonly<Record<string, Json>>;
  readonly options: JolokiaOptions;
}

export interface ReadRequest extends Common {
  readonly type: "read";
  readonly mbean: string;
  /** Null for all. */
  readonly attribute: string | readonly string[] | null;
  readonly path: readonly string[];
}

export interface WriteRequest extends Common {
  readonly type: "write";
  readonly mbean: string;
  readonly attribute: string;
  readonly value: Json;
  /** Within the value that the attribute has. */
  readonly path: readonly string[];
}

export interface ExecRequest extends Common {
  readonly type: "exec";
  readonly mbean: string;
  /** With the types of its parameters in parentheses, where there are several of the name. */
  readonly operation: string;
  readonly args: readonly Json[];
}

export interface ListRequest extends Common {
  readonly type: "list";
  readonly path: readonly string[];
}

export interface SearchRequest extends Common {
  readonly type: "search";
  readonly mbean: string;
}

export interface VersionRequest extends Common {
  readonly type: "version";
}

export interface NotificationRequest extends Common {
  readonly type: "notification";
  readonly asked: NotificationCommand;
}

/** One request; several come in a list. */
export type JolokiaRequest =
  | ReadRequest
  | WriteRequest
  | ExecRequest
  | ListRequest
  | SearchRequest
  | VersionRequest
  | NotificationRequest;

/** What is known of a request, however it came. */
export interface RequestParts {
  readonly type: string;
  readonly mbean: string | undefined;
  readonly attribute: string | readonly string[] | null;
  readonly operation: string | undefined;
  readonly value: Json | undefined;
  readonly args: readonly Json[] | undefined;
  /** As it is written, with its escapes. */
  readonly path: string | undefined;
  /** Of a notification. */
  readonly command: GivenCommand;
  readonly options: JolokiaOptions;
}

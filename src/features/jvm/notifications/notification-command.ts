import type { Json } from "../jmx/json.ts";
import type { JolokiaOptions } from "../jolokia/request-options.ts";

/** What a client can ask for that hears notifications, or wants to. */
export type NotificationCommand =
  | { readonly command: "register" }
  | { readonly command: "unregister" | "ping" | "list" | "open"; readonly client: string }
  | { readonly command: "remove"; readonly client: string; readonly handle: string }
  | { readonly command: "add"; readonly client: string; readonly wish: NotificationWish };

/** A command as it was given, by the names of its parts. */
export type GivenCommand = { readonly [name: string]: Json };

/** What a client wants to hear. */
export interface NotificationWish {
  readonly mode: "pull" | "sse";
  readonly mbean: string;
  /** What types begin with; empty for all. */
  readonly filter: readonly string[];
  /** The client's own: nothing here heeds it. */
  readonly config: Json | undefined;
  /** What is told with each notification. */
  readonly handback: Json | undefined;
  readonly options: JolokiaOptions;
}

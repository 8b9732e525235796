import type { ComponentType } from "preact";
import type { Place } from "../state/place.ts";
import type { ViewProps } from "../views/view.ts";

/** The views of the page, in the order of the navigation. Each is loaded when it is first gone to. */

/** A view as the navigation knows it. */
export interface ViewEntry {
  /** In the address; the overview has none. */
  readonly name: string;
  readonly title: string;
  /** The feature of the sidecar it shows: the view is offered only where that is switched on. */
  readonly feature?: string;
  /** Only operators may ask what it asks. */
  readonly isForOperators?: boolean;
  /** What of the query makes another page of the view: the focus goes there. */
  readonly pageBy?: readonly string[];
  load(): Promise<ComponentType<ViewProps>>;
}

export const VIEWS: readonly ViewEntry[] = [
  {
    name: "",
    title: "Overview",
    load: async () => (await import("../views/overview/overview.tsx")).Overview,
  },
  {
    name: "processes",
    title: "Processes",
    feature: "processes",
    load: async () => (await import("../views/processes/processes.tsx")).Processes,
  },
  {
    name: "trace",
    title: "Trace",
    feature: "strace",
    isForOperators: true,
    pageBy: ["trace", "request"],
    load: async () => (await import("../views/trace/trace.tsx")).Trace,
  },
  {
    name: "traffic",
    title: "Traffic",
    feature: "traffic",
    isForOperators: true,
    load: async () => (await import("../views/traffic/traffic.tsx")).Traffic,
  },
  {
    name: "config",
    title: "Config",
    feature: "config",
    load: async () => (await import("../views/config/config.tsx")).Config,
  },
  {
    name: "logs",
    title: "Logs",
    feature: "logs",
    isForOperators: true,
    load: async () => (await import("../views/logs/logs.tsx")).Logs,
  },
  {
    name: "jvm",
    title: "JVM",
    feature: "jvm",
    load: async () => (await import("../views/jvm/jvm.tsx")).Jvm,
  },
  {
    name: "capabilities",
    title: "Capabilities",
    load: async () => (await import("../views/capabilities/capabilities.tsx")).Capabilities,
  },
  {
    name: "api",
    title: "API",
    load: async () => (await import("../views/api/api.tsx")).Api,
  },
];

/** The view of a place; undefined for a name that there is none of. */
export function viewOf(place: Place): ViewEntry | undefined {
  return VIEWS.find(({ name }) => name === place.view);
}

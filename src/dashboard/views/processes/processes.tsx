import "./processes.css";
import type { ViewProps } from "../view.ts";
import { ProcessList } from "./process-list.tsx";
import { ProcessPage } from "./process-page.tsx";

/** What runs beside the sidecar: all processes, or one of them. */
export function Processes({ place: { path, query } }: ViewProps) {
  const [pid] = path;
  return pid === undefined ? (
    <ProcessList query={query} />
  ) : (
    <ProcessPage key={pid} pid={pid} query={query} />
  );
}

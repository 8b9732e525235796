import type { RouteTable } from "../../web/routes.ts";
import { filesPart, socketsPart, threadsPart } from "./open-parts.ts";
import { addPart } from "./part.ts";
import { cgroupPart, envPart, limitsPart, mapsPart } from "./plain-parts.ts";
import type { ProcessesDeps } from "./processes-deps.ts";

/** Adds the routes of everything below a process. */
export function addParts(table: RouteTable, deps: ProcessesDeps): void {
  addPart(table, threadsPart, deps);
  addPart(table, filesPart, deps);
  addPart(table, socketsPart, deps);
  addPart(table, limitsPart, deps);
  addPart(table, envPart, deps);
  addPart(table, mapsPart, deps);
  addPart(table, cgroupPart, deps);
}

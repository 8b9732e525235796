import { createFeatures, tableOf } from "../../src/app.ts";
import { settingsJsonSchema } from "../../src/settings/leaves.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { settingsTable } from "../../src/settings/reference.ts";
import { VERSION } from "../../src/version.ts";
import { createLog } from "../../src/web/log.ts";
import { openApiDocument } from "../../src/web/openapi.ts";
import type { DefinedRoute } from "../../src/web/routes.ts";
import { createSessions } from "../../src/web/sessions.ts";
import { apiTypes } from "./api-types.ts";

/** A file of the repository that is made, whole or in part, from the code. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** All of them, as they should be now. */
export async function generatedFiles(
  read: (path: string) => Promise<string>,
): Promise<readonly GeneratedFile[]> {
  const routes = allRoutes();
  const readme = [
    { name: "settings", text: settingsTable() },
    { name: "endpoints", text: endpointTable(routes) },
  ].reduce((text, { name, text: table }) => replaceBetween(text, name, table), await read("README.md"));
  return [
    { path: "src/openapi.json", content: json(openApiDocument(routes, "/_sidecar", VERSION)) },
    { path: "src/dashboard/api/api-types.ts", content: apiTypes(routes, VERSION) },
    { path: "src/settings/settings.schema.json", content: json(settingsJsonSchema()) },
    { path: "README.md", content: readme },
  ];
}

/** The routes of a sidecar with everything switched on. */
function allRoutes(): readonly DefinedRoute[] {
  const { settings } = loadSettings({ flags: { core: "http://127.0.0.1:8000" } });
  const notHere = () => {
    throw new Error("only the routes are asked for");
  };
  const features = createFeatures({
    settings,
    log: createLog({ level: "silent", access: false }),
    certificates: { status: notHere, caPem: notHere },
    coreProcess: { find: notHere },
    sessions: createSessions(),
    isDraining: () => false,
    traffic: notHere,
  });
  return tableOf(features, settings.prefix).routes;
}

function endpointTable(routes: readonly DefinedRoute[]): string {
  const rows = routes.map(
    ({ method, path, description }) =>
      `| \`${method} /_sidecar${path}\` | ${description.role === "open" ? "anyone" : description.role} | ${description.summary} |`,
  );
  return ["| endpoint | for | what |", "|---|---|---|", ...rows].join("\n");
}

function replaceBetween(text: string, name: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${name}:start[^>]*-->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!pattern.test(text)) throw new Error(`README.md has no place for the generated ${name}`);
  return text.replace(pattern, (_, start: string, end: string) => `${start}${content}\n${end}`);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

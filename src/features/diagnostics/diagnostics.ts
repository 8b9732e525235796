import { AppError } from "../../base/errors.ts";
import { readJson } from "../../web/json-body.ts";
import { createKeptResults, type KeptResults, resultPath } from "../../web/kept-results.ts";
import type { RouteTable } from "../../web/routes.ts";
import type { Feature } from "../feature.ts";
import { Bundle, type BundleSources } from "./bundle.ts";
import { type BundleState, bundleList, bundleRequest, bundleState } from "./bundle-state.ts";

/** The feature `diagnostics`: one file with what every feature knows, for whoever helps with a problem. */

/** What the feature needs. */
export interface DiagnosticsDeps extends Omit<BundleSources, "features"> {
  /** Those that are switched on; asked at each request, so that the list may be completed later. */
  readonly features: () => readonly Feature[];
}

const JSON_TYPE = "application/json";
const NAMES = { one: "bundle", many: "bundles", path: "diagnostics" };
const LIMITS = { maxCount: 8, maxBytes: 67_108_864, maxAgeMs: 3_600_000 };
const MAX_BODY_BYTES = 4_096;
const EXAMPLE = '{"trace": 5}';
const idPath = resultPath(NAMES);
const STATE = { description: "The bundle.", content: { [JSON_TYPE]: bundleState } };
const GONE = { description: "No such bundle, or it is no longer kept." };

/** Makes the feature. */
export function createDiagnostics(deps: DiagnosticsDeps): Feature {
  const bundles = createKeptResults<Bundle>(NAMES, LIMITS);
  return {
    name: "diagnostics",
    async capability() {
      return { works: "yes", parts: [{ name: "collect what every feature knows", works: true }] };
    },
    routes(table) {
      addStart(table, bundles, deps);
      addRead(table, bundles);
      addFile(table, bundles);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(bundles[Symbol.asyncDispose]()),
  };
}

function addStart(table: RouteTable, bundles: KeptResults<Bundle>, deps: DiagnosticsDeps): void {
  table.add(
    "POST",
    "/diagnostics",
    {
      summary: "Collect what every feature knows into one file, for whoever helps with a problem",
      description:
        "Processes, resources and their history, health, capabilities, settings, and what the system calls of the app's main process come to within `trace` seconds. Secrets are masked by their names; look through it before you give it away. The body may be left out. Kept for an hour.",
      role: "operator",
      body: { [JSON_TYPE]: bundleRequest },
      responses: {
        202: { ...STATE, description: "It is put together. `Location` is its own path." },
        429: { description: "Another one is being put together." },
      },
    },
    async ({ ctx, principal }) => {
      const hasBody = ctx.get("Content-Type") !== "";
      const request = hasBody
        ? await readJson(ctx, bundleRequest, { maxBytes: MAX_BODY_BYTES, example: EXAMPLE })
        : bundleRequest.parse({});
      refuseSecond(bundles);
      const bundle = new Bundle();
      bundles.add(bundle);
      const { requestId } = ctx.state;
      deps.log.info(
        { audit: "diagnostics", user: principal.name, requestId, bundleId: bundle.id, ...request },
        "diagnostics are collected",
      );
      void bundle.run({ ...deps, features: deps.features() }, request).then(() => bundles.makeRoom());
      const path = `${ctx.path}/${bundle.id}`;
      ctx.status = 202;
      ctx.set("Location", path);
      ctx.body = stateOf(bundle, bundles, path);
    },
  );
}

/** Each counts system calls: two at once would only be in each other's way. */
function refuseSecond(bundles: KeptResults<Bundle>): void {
  const running = bundles.list().find(({ state }) => state === "running");
  if (running === undefined) return;
  throw new AppError("limit-reached", `Bundle ${running.id} is being put together.`, {
    headers: { "Retry-After": "5" },
    remedy: `GET diagnostics/${running.id}, or try again in some seconds.`,
  });
}

function addRead(table: RouteTable, bundles: KeptResults<Bundle>): void {
  table.add(
    "GET",
    "/diagnostics",
    {
      summary: "The bundles that are kept",
      role: "operator",
      responses: { 200: { description: "The newest first.", content: { [JSON_TYPE]: bundleList } } },
    },
    ({ ctx }) => {
      ctx.body = {
        diagnostics: bundles.list().map((bundle) => stateOf(bundle, bundles, `${ctx.path}/${bundle.id}`)),
      };
    },
  );
  table.add(
    "GET",
    "/diagnostics/{id}",
    {
      ...{ role: "operator", params: idPath, responses: { 200: STATE, 404: GONE } },
      summary: "How a bundle is doing, and what is in it",
    },
    ({ ctx, params }) => {
      ctx.body = stateOf(bundles.get(params.id), bundles, ctx.path);
    },
  );
  table.add(
    "DELETE",
    "/diagnostics/{id}",
    {
      ...{ role: "operator", params: idPath },
      summary: "Forget a bundle, or give it up",
      responses: { 204: { description: "It is gone." }, 404: GONE },
    },
    async ({ ctx, params }) => {
      await bundles.remove(params.id);
      ctx.status = 204;
    },
  );
}

function addFile(table: RouteTable, bundles: KeptResults<Bundle>): void {
  table.add(
    "GET",
    "/diagnostics/{id}/bundle.tar.gz",
    {
      ...{ role: "operator", params: idPath },
      summary: "The file",
      responses: {
        200: { description: "A tar file of gzip.", content: { "application/gzip": null } },
        404: GONE,
        409: { description: "It is not there yet; Retry-After says when to ask again." },
      },
    },
    ({ ctx, params }) => {
      const bundle = bundles.get(params.id);
      if (bundle.file === undefined) throw notThere(bundle);
      // First: it sets a type by the ending.
      ctx.attachment(`${bundle.name}.tar.gz`);
      ctx.type = "application/gzip";
      ctx.body = bundle.file;
    },
  );
}

function notThere({ id, state }: Bundle): AppError {
  if (state === "running") {
    return new AppError("conflict", `Bundle ${id} is not there yet.`, {
      headers: { "Retry-After": "2" },
      remedy: `GET diagnostics/${id} says how it is doing.`,
    });
  }
  return new AppError("conflict", `Bundle ${id} has failed; the log has the details.`, {
    remedy: "POST diagnostics",
  });
}

function stateOf(bundle: Bundle, bundles: KeptResults<Bundle>, path: string): BundleState {
  const expiresAtMs = bundles.expiresAt(bundle);
  return {
    id: bundle.id,
    state: bundle.state,
    startedAt: bundle.startedAt.toISOString(),
    parts: [...bundle.parts],
    bytes: bundle.file?.length ?? null,
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    links: { self: path, bundle: `${path}/bundle.tar.gz` },
  };
}

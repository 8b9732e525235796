import type { Answers } from "../../api/api-types.ts";
import { type Answered, askWhole, type Request } from "../../api/ask.ts";
import { ApiError } from "../../api/problem.ts";
import type { PatchStep } from "./form-edits.ts";

/** What one wants of a file, and the requests that try it and do it. */

/** A change that is wanted; `etag` is that of the content it was made for. */
export type Wanted =
  | { readonly kind: "text"; readonly text: string; readonly etag: string }
  /** Of a file that is not there yet. */
  | { readonly kind: "create"; readonly text: string }
  | {
      readonly kind: "patch";
      readonly patch: readonly PatchStep[];
      readonly etag: string;
      /** Whether comments and layout may be lost. */
      readonly isLossyAllowed: boolean;
    }
  | { readonly kind: "restore"; readonly version: number; readonly etag: string };

type ChangeAnswer = Answers["PUT /config/{name}"];

/** What a change would do. */
export type Trial = Extract<ChangeAnswer, { dryRun: true }>["files"][number];

/** Tries a change: everything but the writing. @throws ApiError as the change would. */
export async function tryChange(name: string, wanted: Wanted, signal: AbortSignal): Promise<Trial> {
  const { body } = await request(name, wanted, { dryRun: true }, signal);
  const [trial] = "dryRun" in body ? body.files : [];
  if (trial === undefined) throw new ApiError("The sidecar did not say what would change.", 0);
  return trial;
}

/** Makes a change, and gives its id as soon as it is written; undefined where there was nothing to write. @throws ApiError */
export async function makeChange(name: string, wanted: Wanted, reason: string): Promise<string | undefined> {
  try {
    const { body } = await request(name, wanted, reason === "" ? {} : { reason });
    if ("id" in body) return body.id;
    return "change" in body ? body.change?.split("/").at(-1) : undefined;
  } catch (error) {
    const id = changeIn(error);
    if (id === undefined) throw error;
    return id;
  }
}

/** Tells whether the file is not the one any more that a change was made for. */
export function isStale(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}

/** Tells whether a change can be made only where comments and layout are lost. */
export function isLossy(error: unknown): boolean {
  const problem = error instanceof ApiError ? error.problem : undefined;
  return problem !== undefined && "lossy" in problem && problem.lossy === true;
}

/** What the app's own check wrote. */
export function outputIn(error: unknown): string | undefined {
  const problem = error instanceof ApiError ? error.problem : undefined;
  return problem !== undefined && "output" in problem && typeof problem.output === "string"
    ? problem.output
    : undefined;
}

/** The change that a refusal tells of: it was written, and put back already. */
function changeIn(error: unknown): string | undefined {
  const problem = error instanceof ApiError ? error.problem : undefined;
  const change = problem !== undefined && "change" in problem ? problem.change : undefined;
  const isChange = typeof change === "object" && change !== null && "id" in change;
  return isChange && typeof change.id === "string" ? change.id : undefined;
}

async function request(
  name: string,
  wanted: Wanted,
  query: Readonly<Record<string, string | boolean>>,
  signal?: AbortSignal,
): Promise<Answered<ChangeAnswer>> {
  // What comes of it is watched, not waited for.
  const common = { Prefer: "respond-async" };
  const to = (headers: Record<string, string>, more: Request = {}): Request => ({
    ...{ params: { name }, query, headers: { ...common, ...headers } },
    ...(signal === undefined ? {} : { signal }),
    ...more,
  });
  const text = { "Content-Type": "text/plain; charset=utf-8" };
  switch (wanted.kind) {
    case "text":
      return await askWhole(
        "PUT /config/{name}",
        to({ ...text, "If-Match": wanted.etag }, { body: wanted.text }),
      );
    case "create":
      return await askWhole(
        "PUT /config/{name}",
        to({ ...text, "If-None-Match": "*" }, { body: wanted.text }),
      );
    case "patch":
      return await askWhole(
        "PATCH /config/{name}",
        to(
          { "Content-Type": "application/json-patch+json", "If-Match": wanted.etag },
          { body: wanted.patch, query: { ...query, lossy: wanted.isLossyAllowed ? "allow" : undefined } },
        ),
      );
    case "restore":
      return await askWhole(
        "POST /config/{name}/versions/{version}/restore",
        to({ "If-Match": wanted.etag }, { params: { name, version: wanted.version } }),
      );
  }
}

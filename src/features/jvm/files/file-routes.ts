import { open } from "node:fs/promises";
import type { z } from "zod";
import { AppError } from "../../../base/errors.ts";
import type { WebContext } from "../../../web/context.ts";
import { type KeptResults, type ResultNames, resultPath } from "../../../web/kept-results.ts";
import type { RouteTable } from "../../../web/routes.ts";
import { refOf } from "../talk-routes.ts";
import type { JvmFile, Writing } from "./jvm-file.ts";

/** What the routes have in common of the files that JVMs write for us: the beginning, the state, the end, the file. */

const JSON_TYPE = "application/json";

/** A kind of such files. */
export interface FileKind<W> {
  readonly names: ResultNames;
  /** The member of the list's answer. */
  readonly listName: string;
  readonly state: z.ZodType;
  readonly list: z.ZodType;
  /** How its file is called in the URL. */
  readonly file: string;
  readonly fileSummary: string;
  /** What the name begins with under which it is taken home. */
  readonly nameAtHome: string;
  readonly deleteSummary: string;
  /** What is told of one beside what is told of all. */
  more(file: JvmFile<W>): object;
}

/** The answer of the route that begins one. */
export function beginningOf<W>(kind: FileKind<W>) {
  const description = "It is being made. `Location` is its own path.";
  return { 202: { description, content: { [JSON_TYPE]: kind.state } } };
}

/**
 * Keeps a file from its beginning on, and answers with its state.
 * @param prepare makes sure that the JVM can write it; what it throws is answered, and nothing is kept.
 */
export async function beginFile<W>(
  ctx: WebContext,
  kind: FileKind<W>,
  kept: KeptResults<JvmFile<W>>,
  { file, prepare }: { readonly file: JvmFile<W>; prepare(): Promise<Writing> },
): Promise<void> {
  kept.add(file);
  try {
    file.begin(await prepare(), () => void kept.makeRoom());
  } catch (error) {
    await kept.remove(file.id);
    throw error;
  }
  const prefix = ctx.path.slice(0, ctx.path.lastIndexOf("/jvm/"));
  const path = `${prefix}/${kind.names.path}/${file.id}`;
  ctx.status = 202;
  ctx.set("Location", path);
  ctx.body = stateOf(kind, kept, file, path);
}

/** Adds the routes of the files that are kept. */
export function addFileRoutes<W>(table: RouteTable, kind: FileKind<W>, kept: KeptResults<JvmFile<W>>): void {
  addRead(table, kind, kept);
  addRemove(table, kind, kept);
  addFile(table, kind, kept);
}

function goneOf({ names }: { readonly names: ResultNames }) {
  return { description: `No such ${names.one}, or it is no longer kept.` };
}

function addRead<W>(table: RouteTable, kind: FileKind<W>, kept: KeptResults<JvmFile<W>>): void {
  const { one, many, path } = kind.names;
  const state = { description: `The ${one}.`, content: { [JSON_TYPE]: kind.state } };
  table.add(
    "GET",
    `/${path}`,
    {
      summary: `The ${many} that are kept`,
      role: "operator",
      responses: { 200: { description: "The newest first.", content: { [JSON_TYPE]: kind.list } } },
    },
    ({ ctx }) => {
      const files = kept.list().map((file) => stateOf(kind, kept, file, `${ctx.path}/${file.id}`));
      ctx.body = { [kind.listName]: files };
    },
  );
  table.add(
    "GET",
    `/${path}/{id}`,
    {
      ...{ role: "operator", params: resultPath(kind.names), responses: { 200: state, 404: goneOf(kind) } },
      summary: `How a ${one} is doing`,
    },
    ({ ctx, params }) => {
      ctx.body = stateOf(kind, kept, kept.get(params.id), ctx.path);
    },
  );
}

function addRemove<W>(table: RouteTable, kind: FileKind<W>, kept: KeptResults<JvmFile<W>>): void {
  table.add(
    "DELETE",
    `/${kind.names.path}/{id}`,
    {
      ...{ role: "operator", params: resultPath(kind.names) },
      summary: kind.deleteSummary,
      responses: { 204: { description: "It is gone." }, 404: goneOf(kind) },
    },
    async ({ ctx, params }) => {
      await kept.remove(params.id);
      ctx.status = 204;
    },
  );
}

function addFile<W>(table: RouteTable, kind: FileKind<W>, kept: KeptResults<JvmFile<W>>): void {
  table.add(
    "GET",
    `/${kind.names.path}/{id}/${kind.file}`,
    {
      ...{ role: "operator", params: resultPath(kind.names) },
      summary: kind.fileSummary,
      responses: {
        200: { description: "The file.", content: { "application/octet-stream": null } },
        404: goneOf(kind),
        409: { description: "It is not there yet; Retry-After says when to ask again." },
      },
    },
    async ({ ctx, params }) => {
      const file = kept.get(params.id);
      if (file.file === undefined) throw notThere(kind, file);
      // A descriptor of its own: who removes the file does not take it from under whoever reads it.
      const opened = await open(`/proc/self/fd/${file.file.fd}`, "r");
      // First: it sets a type by the ending.
      ctx.attachment(file.nameAtHome(kind.nameAtHome));
      ctx.type = "application/octet-stream";
      ctx.length = file.bytes;
      ctx.body = opened.createReadStream();
    },
  );
}

function notThere<W>({ names: { one, path } }: FileKind<W>, { id, state, reason }: JvmFile<W>): AppError {
  const name = `${one.charAt(0).toUpperCase()}${one.slice(1)} ${id}`;
  if (state === "running") {
    return new AppError("conflict", `${name} is not there yet.`, {
      headers: { "Retry-After": "2" },
      remedy: `GET ${path}/${id} says how it is doing.`,
    });
  }
  return new AppError("conflict", `${name} has failed: ${reason ?? "it is not known why"}`);
}

function stateOf<W>(
  kind: FileKind<W>,
  kept: KeptResults<JvmFile<W>>,
  file: JvmFile<W>,
  path: string,
): object {
  const expiresAtMs = kept.expiresAt(file);
  const { id, state, reason, bytes } = file;
  return {
    ...{ id, jvm: refOf(file.jvm), ...kind.more(file), state, reason, bytes },
    startedAt: file.startedAt.toISOString(),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    links: { self: path, file: `${path}/${kind.file}` },
  };
}

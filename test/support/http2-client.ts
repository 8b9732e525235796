import type { ClientHttp2Session } from "node:http2";
import type { FieldList } from "./messages.ts";
import type { RequestModel } from "./random-messages.ts";

/** A client of HTTP/2 that tells all that comes. */

/** Asks over HTTP/2 what the model says, and tells what came. */
export async function askHttp2(
  session: ClientHttp2Session,
  { method, target, fields, body, trailers }: RequestModel,
) {
  const host = fields.find(([name]) => name === "Host")?.[1] ?? "";
  const own = fields
    .filter(([name]) => name !== "Host")
    .flatMap(([name, value]) => [name.toLowerCase(), value]);
  const hasLength = body !== undefined && trailers.length === 0;
  const stream = session.request(
    [
      ...[":method", method, ":scheme", "https", ":authority", host, ":path", target],
      ...own,
      ...(hasLength ? ["content-length", String(body.length)] : []),
    ],
    { endStream: body === undefined, waitForTrailers: trailers.length > 0 },
  );
  const seen = {
    ...{
      status: 0,
      isComplete: false,
      interim: 0,
      fields: [] as string[][],
      body: "",
      trailers: [] as string[][],
    },
  };
  stream.on("headers", () => {
    seen.interim += 1;
  });
  stream.on("response", (headers, _flags, raw) => {
    seen.status = Number(headers[":status"]);
    seen.fields = pairs(raw).filter(([name = ""]) => !name.startsWith(":") && name !== "date");
  });
  stream.on("data", (data: Buffer) => {
    seen.body += data.toString("latin1");
  });
  stream.on("trailers", (_headers: unknown, _flags: unknown, raw: readonly string[]) => {
    seen.trailers = byName(pairs(raw));
  });
  stream.on("wantTrailers", () => stream.sendTrailers(Object.fromEntries(grouped(trailers))));
  stream.on("error", () => undefined);
  if (body !== undefined) stream.end(Buffer.from(body, "latin1"));
  await new Promise<void>((resolve) => stream.on("close", () => resolve()));
  seen.isComplete = stream.rstCode === 0;
  return seen;
}

/** Node takes trailers as an object: those of one name keep their order, and only that has a meaning (RFC 9110 section 5.3). */
export function byName(fields: string[][]): string[][] {
  return fields.toSorted(([one = ""], [other = ""]) => one.localeCompare(other));
}

function pairs(raw: readonly string[]): string[][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => raw.slice(2 * index, 2 * index + 2));
}

function grouped(fields: FieldList): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of fields)
    values.set(name.toLowerCase(), [...(values.get(name.toLowerCase()) ?? []), value]);
  return values;
}

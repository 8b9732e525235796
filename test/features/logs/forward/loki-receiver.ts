import type { TlsOptions } from "node:tls";
import { z } from "zod";
import { type HttpReceiver, type Received, type Reply, startHttpReceiver } from "./http-receiver.ts";

/** The JSON form of Loki's push API, as its documentation has it; what is not there is refused. */
export const lokiPush = z.strictObject({
  streams: z
    .array(
      z.strictObject({
        stream: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()),
        values: z
          .array(
            z.union([
              z.tuple([z.string().regex(/^\d{19}$/), z.string()]),
              z.tuple([z.string().regex(/^\d{19}$/), z.string(), z.record(z.string(), z.string())]),
            ]),
          )
          .min(1),
      }),
    )
    .min(1),
});

/** The texts of the lines of a request, in their order. */
export function lokiTexts({ body }: Received): string[] {
  return lokiPush.parse(body).streams.flatMap(({ values }) => values.map(([, text]) => text));
}

/** A receiver that answers as Loki does. */
export interface LokiReceiver extends HttpReceiver {
  readonly url: string;
  /** The entries that it took: as Loki does, an equal one counts once. */
  readonly taken: { readonly time: string; readonly text: string }[];
  texts(): string[];
}

/** Starts one; `reply` may answer otherwise than by taking everything. */
export async function startLokiReceiver(
  reply: (request: Received, count: number) => Reply | undefined = () => undefined,
  options: { readonly tls?: TlsOptions } = {},
): Promise<LokiReceiver> {
  const taken: { time: string; text: string }[] = [];
  const known = new Set<string>();
  const receiver = await startHttpReceiver((request, count) => {
    if (request.path !== "/loki/api/v1/push") return { status: 404, body: "404 page not found" };
    const parsed = lokiPush.safeParse(request.body);
    if (!parsed.success) return { status: 400, body: parsed.error.message };
    const other = reply(request, count);
    if (other !== undefined) return other;
    for (const { stream, values } of parsed.data.streams) {
      for (const [time, text] of values) {
        const key = JSON.stringify([stream, time, text]);
        if (!known.has(key)) taken.push({ time, text });
        known.add(key);
      }
    }
    return { status: 204 };
  }, options);
  const protocol = options.tls === undefined ? "http" : "https";
  return {
    ...receiver,
    url: `${protocol}://localhost:${receiver.port}/loki/api/v1/push`,
    taken,
    texts: () => taken.map(({ text }) => text),
  };
}

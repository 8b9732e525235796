import { z } from "zod";
import { parseWindow } from "../base/history-window.ts";

/** How a history is asked for over HTTP, and its forms beside JSON. */

/** The query of a history. @param standard the window where none is asked for. */
export function windowQuery(standard: "5m" | "1h") {
  return z.object({
    window: z
      .string()
      .refine(
        (text) => parseWindow(text) !== undefined,
        "must be a duration up to a day, such as 90s, 5m, 1h, 24h",
      )
      .default(standard)
      .describe("How far back: `90s`, `5m`, `1h`, `24h`; at most a day."),
  });
}

/** A history as CSV (RFC 4180): a line of names, then one for each point; what is not known is empty. */
export function historyCsv<N extends string>(
  columns: readonly { readonly name: N }[],
  points: readonly (Readonly<Record<N, number | null>> & { readonly time: string })[],
): string {
  const lines = points.map((point) =>
    [point.time, ...columns.map(({ name }) => point[name] ?? "")].join(","),
  );
  return [["time", ...columns.map(({ name }) => name)].join(","), ...lines, ""].join("\r\n");
}

/** The media type of {@link historyCsv}. */
export const CSV_TYPE = "text/csv; charset=utf-8; header=present";

import type { HistogramSample, Labels, MetricFamily } from "./metric-family.ts";

/** Writes metric families as text: OpenMetrics 1.0, or the older format of Prometheus, version 0.0.4. */

/** A format, by its media type. */
export const METRIC_FORMATS = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
} as const;

/** The name of a format. */
export type MetricFormat = keyof typeof METRIC_FORMATS;

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
/** What the types write behind the name; a family that is called so would be taken for a part of another one. */
const SUFFIX = /_(?:total|info|bucket|count|sum|created)$/;

/**
 * Writes families, in their order; those without samples are left out.
 * @throws {TypeError} for what no scraper would take: a name that is none, a name or a series that is there twice, a
 * counter below 0. That is a fault of ours.
 */
export function writeMetrics(families: readonly MetricFamily[], format: MetricFormat): string {
  const names = new Set<string>();
  const pieces: string[] = [];
  for (const family of families) {
    if (family.samples.length === 0) continue;
    const { name } = family;
    if (!METRIC_NAME.test(name) || SUFFIX.test(name)) throw new TypeError(`${name} is no name of a metric`);
    if (names.has(name)) throw new TypeError(`the metric ${name} is there twice`);
    names.add(name);
    pieces.push(headOf(family, format), ...linesOf(family));
  }
  // Without it a scraper of OpenMetrics takes what came for cut (section "Overall Structure").
  if (format === "openmetrics") pieces.push("# EOF\n");
  return pieces.join("");
}

function headOf({ name, help, unit, type }: MetricFamily, format: MetricFormat): string {
  if (format === "openmetrics") {
    const unitLine = unit === undefined ? "" : `# UNIT ${name} ${unit}\n`;
    return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escaped(help)}\n`;
  }
  // It knows no info, and its names are those of the samples.
  const suffix = type === "counter" ? "_total" : type === "info" ? "_info" : "";
  const known = type === "info" ? "gauge" : type;
  const text = help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
  return `# HELP ${name}${suffix} ${text}\n# TYPE ${name}${suffix} ${known}\n`;
}

function linesOf(family: MetricFamily): string[] {
  const { name } = family;
  const seen = new Set<string>();
  const once = (labels: Labels) => {
    const text = labelsOf(labels);
    if (seen.has(text)) throw new TypeError(`the series ${name}{${text}} is there twice`);
    seen.add(text);
    return text;
  };
  switch (family.type) {
    case "histogram":
      return family.samples.flatMap((sample) => histogramLines(name, once(sample.labels), sample));
    case "summary":
      return family.samples.flatMap(({ labels, count, sum }) => {
        const text = once(labels);
        return [line(`${name}_sum`, text, sum), line(`${name}_count`, text, count)];
      });
    case "info":
      return family.samples.map(({ labels }) => line(`${name}_info`, once(labels), 1));
    case "gauge":
      return family.samples.map(({ labels, value }) => line(name, once(labels), value));
    case "counter":
      return family.samples.map(({ labels, value }) => {
        if (!(value >= 0)) throw new TypeError(`the counter ${name} is ${value}`);
        return line(`${name}_total`, once(labels), value);
      });
  }
}

function histogramLines(name: string, labels: string, { bounds, counts, sum }: HistogramSample): string[] {
  let total = 0;
  const bucket = (bound: string, count: number) => {
    total += count;
    return line(`${name}_bucket`, `${labels}${labels === "" ? "" : ","}le="${bound}"`, total);
  };
  return [
    ...bounds.map((bound, index) => bucket(canonical(bound), counts[index] ?? 0)),
    bucket("+Inf", counts[bounds.length] ?? 0),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, total),
  ];
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels === "" ? "" : `{${labels}}`} ${numberOf(value)}\n`;
}

function labelsOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => {
      if (!LABEL_NAME.test(name)) throw new TypeError(`${name} is no name of a label`);
      return `${name}="${escaped(value)}"`;
    })
    .join(",");
}

function escaped(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

function numberOf(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** The same text in both formats, with a fraction: the bound is a label, and another text would be another series. */
function canonical(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

/** The format that a scraper wants: OpenMetrics where its Accept names it, else the one that everyone reads. */
export function metricFormatFor(accept: string | undefined): MetricFormat {
  const ranges = (accept ?? "").toLowerCase().split(",");
  return ranges.some(isOpenMetrics) ? "openmetrics" : "prometheus";
}

function isOpenMetrics(range: string): boolean {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
  if (type !== "application/openmetrics-text") return false;
  const version = parameters.find((parameter) => parameter.startsWith("version="))?.slice("version=".length);
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice("q=".length);
  return Number(weight ?? 1) > 0 && (version === undefined || version.replace(/"/g, "") === "1.0.0");
}

/** What features tell of themselves for Prometheus: metric families, as OpenMetrics 1.0 has them. */

/** Labels by their names. Values come from bounded sets: each set of values is a time series for ever. */
export type Labels = Readonly<Record<string, string>>;

/** One series. */
export interface MetricSample {
  readonly labels: Labels;
  readonly value: number;
}

/** One histogram. */
export interface HistogramSample {
  readonly labels: Labels;
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Of each bucket, and of what is above the last bound; not cumulated. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** How often something was, and what it came to. */
export interface SummarySample {
  readonly labels: Labels;
  readonly count: number;
  readonly sum: number;
}

/** What all families have. */
interface Family {
  /** In snake case, with the base unit behind it, and without the suffixes that come with the type (`_total`, `_info`). */
  readonly name: string;
  /** One sentence for a person. */
  readonly help: string;
  /** The base unit where the name ends with one: `seconds`, `bytes`, `ratio`. */
  readonly unit?: string;
}

/** A family. One without samples is not written at all: what can't be read is left out, never 0. */
export type MetricFamily = Family &
  (
    | { readonly type: "counter" | "gauge"; readonly samples: readonly MetricSample[] }
    | { readonly type: "info"; readonly samples: readonly Omit<MetricSample, "value">[] }
    | { readonly type: "histogram"; readonly samples: readonly HistogramSample[] }
    | { readonly type: "summary"; readonly samples: readonly SummarySample[] }
  );

/** One value, several with their labels, or null where it can't be read. */
export type MetricValues = number | null | readonly (readonly [labels: Labels, value: number | null])[];

/** What only grows, until its process begins anew. */
export function counter(name: string, help: string, values: MetricValues): MetricFamily {
  return { ...familyOf(name, help), type: "counter", samples: samplesOf(values) };
}

/** What goes up and down. */
export function gauge(name: string, help: string, values: MetricValues): MetricFamily {
  return { ...familyOf(name, help), type: "gauge", samples: samplesOf(values) };
}

/** What is told by labels alone. */
export function info(name: string, help: string, labels: Labels): MetricFamily {
  return { name, help, type: "info", samples: [{ labels }] };
}

/** How often something was in which range. */
export function histogram(name: string, help: string, samples: readonly HistogramSample[]): MetricFamily {
  return { ...familyOf(name, help), type: "histogram", samples };
}

/** How often something was and what it came to, without quantiles. */
export function summary(name: string, help: string, samples: readonly SummarySample[]): MetricFamily {
  return { ...familyOf(name, help), type: "summary", samples };
}

const UNITS = ["seconds", "bytes", "ratio"];

function familyOf(name: string, help: string): Family {
  const unit = UNITS.find((each) => name.endsWith(`_${each}`));
  return { name, help, ...(unit === undefined ? {} : { unit }) };
}

function samplesOf(values: MetricValues): MetricSample[] {
  if (values === null) return [];
  if (typeof values === "number") return [{ labels: {}, value: values }];
  return values.flatMap(([labels, value]) => (value === null ? [] : [{ labels, value }]));
}

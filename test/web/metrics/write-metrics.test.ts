import { describe, expect, test } from "vitest";
import {
  counter,
  gauge,
  histogram,
  info,
  type MetricFamily,
} from "../../../src/web/metrics/metric-family.ts";
import { metricFormatFor, writeMetrics } from "../../../src/web/metrics/write-metrics.ts";

const FAMILIES: readonly MetricFamily[] = [
  counter("app_cpu_seconds", "CPU time.", [
    [{ mode: "user" }, 1.5],
    [{ mode: "system" }, null],
  ]),
  gauge("app_open_fds", "Files.", 3),
  gauge("app_unknown_bytes", "Nobody knows.", null),
  info("app_build", "What runs.", { version: "1.0" }),
  histogram("app_took_seconds", "Times.", [
    { labels: { of: "x" }, bounds: [0.5, 1], counts: [2, 1, 4], sum: 9.25 },
  ]),
];

test("OpenMetrics has the families under their names, the suffixes of their types, their units, and an end", () => {
  expect(writeMetrics(FAMILIES, "openmetrics")).toBe(`\
# TYPE app_cpu_seconds counter
# UNIT app_cpu_seconds seconds
# HELP app_cpu_seconds CPU time.
app_cpu_seconds_total{mode="user"} 1.5
# TYPE app_open_fds gauge
# HELP app_open_fds Files.
app_open_fds 3
# TYPE app_build info
# HELP app_build What runs.
app_build_info{version="1.0"} 1
# TYPE app_took_seconds histogram
# UNIT app_took_seconds seconds
# HELP app_took_seconds Times.
app_took_seconds_bucket{of="x",le="0.5"} 2
app_took_seconds_bucket{of="x",le="1.0"} 3
app_took_seconds_bucket{of="x",le="+Inf"} 7
app_took_seconds_sum{of="x"} 9.25
app_took_seconds_count{of="x"} 7
# EOF
`);
});

test("the older format has the same series, and types that it knows", () => {
  const old = writeMetrics(FAMILIES, "prometheus");
  const series = (text: string) => text.split("\n").filter((line) => !line.startsWith("#"));
  expect(series(old)).toEqual(series(writeMetrics(FAMILIES, "openmetrics")));
  expect(old).toContain("# HELP app_cpu_seconds_total CPU time.\n# TYPE app_cpu_seconds_total counter\n");
  expect(old).toContain("# TYPE app_build_info gauge\n");
  expect(old).not.toMatch(/# UNIT|# EOF/);
});

test("what would end a label or a line is escaped", () => {
  const families = [gauge("x", 'a "help"\nwith \\', [[{ name: 'q"\\\n}' }, 1]])];
  expect(writeMetrics(families, "openmetrics")).toContain(
    '# HELP x a \\"help\\"\\nwith \\\\\nx{name="q\\"\\\\\\n}"} 1\n',
  );
  expect(writeMetrics(families, "prometheus")).toContain('# HELP x a "help"\\nwith \\\\\n');
});

test("numbers that are none are written as scrapers read them", () => {
  const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e21, 1e-7];
  const families = [
    gauge(
      "x",
      "X.",
      values.map((value, index) => [{ i: String(index) }, value] as const),
    ),
  ];
  expect(
    writeMetrics(families, "prometheus")
      .match(/^x\{.*$/gm)
      ?.map((line) => line.split(" ")[1]),
  ).toEqual(["+Inf", "-Inf", "NaN", "1e+21", "1e-7"]);
});

test.each([
  ["a family that is there twice", [gauge("x", "X.", 1), counter("x", "X.", 1)]],
  ["a series that is there twice", [gauge("x", "X.", [[{ a: "1" }, 1] as const, [{ a: "1" }, 2] as const])]],
  ["a name that a suffix would be put behind twice", [counter("x_total", "X.", 1)]],
  ["a name that is none", [gauge("x-y", "X.", 1)]],
  ["a label whose name is none", [gauge("x", "X.", [[{ "a-b": "1" }, 1] as const])]],
  ["a counter that is no number", [counter("x", "X.", Number.NaN)]],
  ["a counter below 0", [counter("x", "X.", -1)]],
])("%s is refused", (_what, families) => {
  expect(() => writeMetrics(families, "openmetrics")).toThrow(TypeError);
});

describe("the format is OpenMetrics only where Accept names it", () => {
  test.each([
    [undefined, "prometheus"],
    ["*/*", "prometheus"],
    ["text/html,application/xhtml+xml", "prometheus"],
    ["application/openmetrics-text", "openmetrics"],
    ["application/openmetrics-text;q=0, text/plain", "prometheus"],
    ["application/openmetrics-text; version=2.0.0", "prometheus"],
    // As Prometheus 2.42 and 3 ask.
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    [
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      "openmetrics",
    ],
  ] as const)("%s: %s", (accept, format) => {
    expect(metricFormatFor(accept)).toBe(format);
  });
});

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "../state/theme.ts";
import { bytes } from "./format.ts";

/** A line of a chart: a value for each moment, null where it is not known. */
export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A number of the palette, 1 to 4. */
  readonly colour: 1 | 2 | 3 | 4;
}

export interface ChartProps {
  /** What it shows, for who hears the page, with its latest figure. */
  readonly label: string;
  /** Seconds since 1970, rising. */
  readonly seconds: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number | null) => string;
  /** The scale reaches at least so far, such as to a limit. */
  readonly atLeast?: number;
  readonly height?: number;
}

/** Steps of a scale of bytes. */
const POWERS_OF_TWO = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** A chart over time. */
export function Chart({ label, seconds, lines, format, atLeast = 0, height = 120 }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data: uPlot.AlignedData = [[...seconds], ...lines.map(({ values }) => [...values])];
  const shape = JSON.stringify([lines.map((line) => [line.label, line.colour]), height, atLeast, theme()]);

  // `shape` stands for all that a plot is made of; the data go into it below.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(optionsOf({ element, lines, format, atLeast, height }), data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [shape]);
  useEffect(() => {
    const made = plot.current;
    made?.setData(data);
    // While nobody points at it, the legend tells the latest.
    if ((made?.cursor.left ?? -1) < 0) made?.setLegend({ idx: seconds.length - 1 });
  });

  return <div class="chart" role="img" aria-label={label} ref={box} />;
}

function optionsOf(all: {
  element: HTMLElement;
  lines: readonly Line[];
  format: ChartProps["format"];
  atLeast: number;
  height: number;
}): uPlot.Options {
  const { element, lines, format, atLeast, height } = all;
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name);
  const axis = {
    stroke: colour("--dim"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: lines.length > 1 },
    cursor: { y: false, drag: { setScale: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max(max ?? 0, atLeast, Number.EPSILON) * 1.05] } },
    axes: [
      { ...axis, size: 26, space: 60, values: (_, splits) => splits.map(timeLabel) },
      {
        ...axis,
        ...(format === bytes ? { incrs: POWERS_OF_TWO } : {}),
        size: 64,
        space: 28,
        values: (_, splits) => splits.map((split) => format(split)),
      },
    ],
    series: [
      { value: "{HH}:{mm}:{ss}" },
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(`--chart-${line.colour}`),
        width: 1.5,
        // A line needs two points: of what has no neighbours nothing would be seen.
        points: { show: false, size: 4, filter: lonely },
        value: (_: uPlot, value: number | null) => format(value),
      })),
    ],
  };
}

/** A moment on the axis: to the minute, unless the next is nearer than that. */
function timeLabel(second: number, _: number, splits: readonly number[]): string {
  const [first = 0, next = first + 60] = splits;
  return new Date(second * 1_000).toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    ...(next - first < 60 ? { second: "2-digit" } : {}),
  });
}

/** The places of values that have nothing before and nothing behind them. */
function lonely(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const isGap = (index: number) => values[index] === null || values[index] === undefined;
  return [...values.keys()].filter((index) => !isGap(index) && isGap(index - 1) && isGap(index + 1));
}

import { isOperator } from "../../state/session.ts";
import { Chart } from "../../ui/chart.tsx";
import { count, duration, short, UNKNOWN } from "../../ui/format.ts";
import type { TrafficPoint } from "./answers.ts";
import { Card, SwitchedOff } from "./card.tsx";
import { columnOf, courseOf } from "./series.ts";
import { sumOf } from "./traffic-findings.ts";
import type { LiveHistory } from "./use-history.ts";

/** What was forwarded: how much, how much of it badly, and how long the app took. */

export interface TrafficCardProps {
  readonly traffic: LiveHistory<TrafficPoint> | undefined;
  /** Whether the sidecar counts its traffic. */
  readonly isOn: boolean;
}

const SETTING = "SIDECAR_TRAFFIC_ENABLED";
const MINUTE = 60;
const CHART_PX = 120;
/** As high as a chart with its legend. */
const ALONE_PX = 160;

/** Requests by the second. */
export function RequestsCard({ traffic, isOn }: TrafficCardProps) {
  if (!isOn) return <SwitchedOff title="Requests" setting={SETTING} />;
  const last = traffic?.tail.at(-1);
  const figure = rate(last?.requestsPerSecond);
  const lines = [
    { label: "Requests", colour: 1, read: (point: TrafficPoint) => point.requestsPerSecond },
  ] as const;
  return (
    <Card
      title="Requests"
      figure={figure}
      note={
        last === undefined
          ? "Nothing is known of the traffic yet."
          : `${count(last.inFlight)} with the app now, ${count(last.waiting)} of them without an answer yet`
      }
    >
      <Course traffic={traffic} label={`Requests by the second, now ${figure}`} format={rate} lines={lines} />
      <Requests href="#/traffic" text="The latest requests" />
    </Card>
  );
}

/** Errors by the second, by whom they come from. */
export function ErrorsCard({ traffic, isOn }: TrafficCardProps) {
  if (!isOn) return <SwitchedOff title="Errors" setting={SETTING} />;
  const minute = traffic?.tail.slice(-MINUTE) ?? [];
  const server = Math.round(sumOf(minute, "serverErrorsPerSecond"));
  const client = Math.round(sumOf(minute, "clientErrorsPerSecond"));
  const failures = Math.round(sumOf(minute, "failuresPerSecond"));
  const figure = minute.length === 0 ? UNKNOWN : `${count(server)} in a minute`;
  const lines = [
    { label: "5xx", colour: 1, read: (point: TrafficPoint) => point.serverErrorsPerSecond },
    { label: "4xx", colour: 2, read: (point: TrafficPoint) => point.clientErrorsPerSecond },
    { label: "not whole", colour: 4, read: (point: TrafficPoint) => point.failuresPerSecond },
  ] as const;
  return (
    <Card
      title="Server errors (5xx)"
      figure={figure}
      note={
        minute.length === 0
          ? "Nothing is known of the traffic yet."
          : `${count(client)} of the client (4xx), ${count(failures)} without a whole answer of the app`
      }
    >
      <Course
        traffic={traffic}
        label={`Errors by the second; ${count(server)} server errors in the last minute`}
        format={rate}
        lines={lines}
      />
      <Requests href="#/traffic?status=5xx" text="The latest server errors" />
    </Card>
  );
}

/** How long the app took to the heads of its answers. */
export function LatencyCard({ traffic, isOn }: TrafficCardProps) {
  if (!isOn) return <SwitchedOff title="Latency" setting={SETTING} />;
  const minute = traffic?.tail.slice(-MINUTE) ?? [];
  const last = minute.findLast(({ p95Ms }) => p95Ms !== null);
  const isNow = last !== undefined && last === minute.at(-1);
  const figure = duration(last?.p95Ms);
  const lines = [
    { label: "p50", colour: 3, read: (point: TrafficPoint) => point.p50Ms },
    { label: "p95", colour: 2, read: (point: TrafficPoint) => point.p95Ms },
    { label: "p99", colour: 1, read: (point: TrafficPoint) => point.p99Ms },
  ] as const;
  return (
    <Card
      title="Latency of the app, p95"
      figure={figure}
      note={
        last === undefined
          ? "No answer came in the last minute: there is no time to tell."
          : `p50 ${duration(last.p50Ms)}, p99 ${duration(last.p99Ms)}${isNow ? "" : ", when it last answered"}`
      }
    >
      <Course
        traffic={traffic}
        label={`Latency: of a hundred answers, 95 began within ${figure}`}
        format={duration}
        lines={lines}
      />
      <Requests href="#/traffic?slower=1000" text="The latest that took over a second" />
    </Card>
  );
}

function Requests({ href, text }: { href: string; text: string }) {
  if (!isOperator()) return null;
  return (
    <p class="note">
      <a href={href}>{text}</a>
    </p>
  );
}

function Course(props: {
  traffic: LiveHistory<TrafficPoint> | undefined;
  label: string;
  format: (value: number | null) => string;
  lines: readonly {
    readonly label: string;
    readonly colour: 1 | 2 | 3 | 4;
    readonly read: (point: TrafficPoint) => number | null;
  }[];
}) {
  const { traffic, label, format, lines } = props;
  if (traffic === undefined) return <div class="no-chart" />;
  const course = courseOf(traffic.points, traffic.stepSeconds, traffic.windowSeconds);
  return (
    <Chart
      label={label}
      seconds={course.seconds}
      lines={lines.map(({ read, ...rest }) => ({ ...rest, values: columnOf(course, read) }))}
      format={format}
      height={lines.length === 1 ? ALONE_PX : CHART_PX}
    />
  );
}

function rate(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : `${short(value)}/s`;
}

import { linkTo } from "../../state/place.ts";
import { Chart } from "../../ui/chart.tsx";
import { bytes, count, percent, short, UNKNOWN } from "../../ui/format.ts";
import { Remedy } from "../../ui/remedy.tsx";
import type { Process, ResourcePoint, Resources } from "./answers.ts";
import { Card, SwitchedOff } from "./card.tsx";
import { STALL_PERCENT, WAITS_FOR } from "./resource-findings.ts";
import { columnOf, courseOf } from "./series.ts";
import type { LiveHistory } from "./use-history.ts";

/** What the app uses of what it may use. */

export interface ResourceCardProps {
  readonly resources: Resources | undefined;
  readonly course: LiveHistory<ResourcePoint> | undefined;
  readonly isOn: boolean;
}

/** As high as a chart with its legend. */
const ALONE_PX = 160;
const SETTING = "SIDECAR_RESOURCES_ENABLED";

/** CPU against the limit. */
export function CpuCard({ resources, course, isOn }: ResourceCardProps) {
  if (!isOn) return <SwitchedOff title="CPU" setting={SETTING} />;
  const { usedCpus, usedRatio, limitCpus, throttling } = resources?.cpu ?? {};
  const figure = cpus(usedCpus ?? null);
  const limit = limitCpus?.value;
  const throttled = throttling?.throttledNs ?? 0;
  return (
    <Card
      title="CPU"
      figure={figure}
      note={
        typeof limit === "number"
          ? `${percent(usedRatio)} of ${short(limit)}${limitCpus?.from === "machine" ? ", all that the machine has" : ", its limit"}${throttled > 0 ? `; held up by it ${short(throttled / 1e9)} s so far` : ""}`
          : whyNot(resources, "cpu")
      }
    >
      <Course
        course={course}
        label={`CPU, now ${figure}`}
        format={cpus}
        read={({ usedCpus: used }) => used}
        name="CPU"
      />
    </Card>
  );
}

/** Memory against the limit. */
export function MemoryCard({ resources, course, isOn }: ResourceCardProps) {
  if (!isOn) return <SwitchedOff title="Memory" setting={SETTING} />;
  const { workingSetBytes, usedRatio, effectiveLimitBytes } = resources?.memory ?? {};
  const limit = effectiveLimitBytes?.value;
  const isOwn = typeof limit === "number" && effectiveLimitBytes?.from !== "machine";
  const figure = bytes(workingSetBytes);
  return (
    <Card
      title="Memory"
      figure={figure}
      note={
        typeof limit === "number"
          ? `${percent(usedRatio)} of ${bytes(limit)}, ${isOwn ? "its limit" : "all that the machine has"}`
          : whyNot(resources, "memory")
      }
    >
      <Course
        course={course}
        label={`Memory, now ${figure}`}
        format={bytes}
        read={({ workingSetBytes: used }) => used}
        name="Memory"
        atLeast={isOwn ? limit : 0}
      />
    </Card>
  );
}

/** For how much of the time tasks stood still for want of something (PSI). */
export function PressureCard({ resources, isOn }: Omit<ResourceCardProps, "course">) {
  if (!isOn) return <SwitchedOff title="Pressure" setting={SETTING} />;
  const all = resources?.pressure;
  const kinds = ["cpu", "memory", "io"] as const;
  const known = kinds.filter((kind) => all?.[kind]?.some != null);
  if (all === null || all === undefined || known.length === 0) {
    return <Card title="Pressure" figure={UNKNOWN} note={whyNot(resources, "pressure")} />;
  }
  const isHosts = known.some((kind) => all[kind]?.of === "host");
  return (
    <Card
      title="Pressure"
      note={`Of the time, how much ${isHosts ? "something on the machine" : "some of the app"} stood still for want of it.`}
    >
      <table class="pressure">
        <thead>
          <tr>
            <th scope="col">Waits for</th>
            <th scope="col" class="number">
              10 s
            </th>
            <th scope="col" class="number">
              1 min
            </th>
            <th scope="col" class="number">
              5 min
            </th>
          </tr>
        </thead>
        <tbody>
          {kinds.map((kind) => {
            const some = all[kind]?.some;
            return (
              <tr key={kind}>
                <th scope="row">{WAITS_FOR[kind]}</th>
                {[some?.avg10Percent, some?.avg60Percent, some?.avg300Percent].map((share, index) => (
                  <td key={index} class={`number ${(share ?? 0) >= STALL_PERCENT[kind] ? "bad" : ""}`}>
                    {share === undefined ? UNKNOWN : `${short(share)} %`}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {isHosts ? (
        <p class="dim note">It is the whole machine's: that of the app alone is not counted here.</p>
      ) : null}
    </Card>
  );
}

/** Open files against the limit. */
export function OpenFilesCard(props: {
  process: Process | undefined;
  resources: Resources | undefined;
  isOn: boolean;
}) {
  const { process, resources, isOn } = props;
  if (!isOn) return <SwitchedOff title="Open files" setting="SIDECAR_PROCESSES_ENABLED" />;
  if (process === undefined) {
    return <Card title="Open files" figure={UNKNOWN} note={whyNot(resources, "process")} />;
  }
  const { openFiles, openFilesLimit, openFilesRatio, unreadable, pid } = process;
  const why = unreadable.find(({ field }) => field.startsWith("openFiles"));
  return (
    <Card
      title="Open files"
      figure={count(openFiles)}
      note={
        openFiles === null
          ? (why?.reason ?? "They could not be counted.")
          : typeof openFilesLimit === "number"
            ? `${percent(openFilesRatio)} of ${count(openFilesLimit)}, its limit; sockets are among them`
            : "There is no limit to them; sockets are among them"
      }
    >
      {typeof openFilesRatio === "number" ? (
        <meter
          min={0}
          max={1}
          high={0.8}
          optimum={0}
          value={openFilesRatio}
          aria-label="Open files by their limit"
        />
      ) : null}
      <Remedy text={openFiles === null ? (why?.remedy ?? undefined) : undefined} />
      <p class="note">
        <a href={linkTo(["processes", pid], { tab: "files" })}>Which they are</a>
      </p>
    </Card>
  );
}

/** Why there is no figure. */
function whyNot(resources: Resources | undefined, field: string): string {
  if (resources === undefined) return "Not asked yet.";
  if (resources.reason !== null) return resources.reason;
  return (
    resources.unreadable.find((each) => each.field.startsWith(field))?.reason ?? "There is no figure of it."
  );
}

function Course(props: {
  course: LiveHistory<ResourcePoint> | undefined;
  label: string;
  name: string;
  format: (value: number | null) => string;
  read: (point: ResourcePoint) => number | null;
  atLeast?: number | undefined;
}) {
  const { course, label, name, format, read, atLeast = 0 } = props;
  if (course === undefined) return <div class="no-chart" />;
  const laid = courseOf(course.points, course.stepSeconds, course.windowSeconds);
  return (
    <Chart
      label={label}
      seconds={laid.seconds}
      lines={[{ label: name, colour: 2, values: columnOf(laid, read) }]}
      format={format}
      atLeast={atLeast}
      height={ALONE_PX}
    />
  );
}

function cpus(value: number | null): string {
  return value === null ? UNKNOWN : `${short(value)} CPU`;
}

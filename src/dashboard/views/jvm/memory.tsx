import { Chart } from "../../ui/chart.tsx";
import { bytes, count, duration, percent, short, UNKNOWN } from "../../ui/format.ts";
import { headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import type { JvmDetail } from "./jvm-types.ts";
import { gcShares, type Sample } from "./use-samples.ts";

type Figures = NonNullable<JvmDetail["figures"]>;
type HeapSpace = Figures["memory"]["heap"]["spaces"][number];
interface Space {
  readonly usedBytes: number | null;
  readonly committedBytes: number | null;
  readonly maxBytes: number | null;
}

/** The heap by its spaces, and what collecting it costs. */
export function Memory({ detail, samples }: { detail: JvmDetail; samples: readonly Sample[] }) {
  const { figures } = detail;
  if (figures === null) return <p>Its figures can’t be read: what is above says why.</p>;
  const { heap } = figures.memory;
  const { gc, threads, classes, safepoints, compiler } = figures;
  return (
    <>
      <Verdict figures={figures} />
      <div class="cards jvm-charts">
        <section class="card" aria-labelledby="jvm-heap">
          <h2 id="jvm-heap">Heap in use</h2>
          <p class="figure">
            {bytes(heap.usedBytes)} <small class="dim">of {bytes(heap.maxBytes)}</small>
          </p>
          {samples.length < 2 ? (
            <Soon />
          ) : (
            <Chart
              label={`Heap in use while this page is open, now ${bytes(heap.usedBytes)}`}
              seconds={samples.map(({ second }) => second)}
              lines={[
                { label: "used", values: samples.map(({ usedBytes }) => usedBytes), colour: 1 },
                {
                  label: "taken from the system",
                  values: samples.map((each) => each.committedBytes),
                  colour: 2,
                },
              ]}
              format={bytes}
            />
          )}
        </section>
        <section class="card" aria-labelledby="jvm-gc">
          <h2 id="jvm-gc">Time in collections</h2>
          <p class="figure">
            {percent(gcShares(samples).at(-1))}{" "}
            <small class="dim">now, {percent(gc.share)} since the start</small>
          </p>
          {samples.length < 2 ? (
            <Soon />
          ) : (
            <Chart
              label="The share of the time that goes into collections, while this page is open"
              seconds={samples.map(({ second }) => second)}
              lines={[{ label: "of the time", values: gcShares(samples), colour: 4 }]}
              format={percent}
              atLeast={0.01}
            />
          )}
        </section>
      </div>
      <Spaces memory={figures.memory} />
      <Collectors gc={gc} />
      <h2>More</h2>
      <dl class="facts">
        <dt>Threads</dt>
        <dd>
          {count(threads.live)}, of them {count(threads.daemon)} daemons; at most {count(threads.peak)} at
          once, {count(threads.started)} started
        </dd>
        <dt>Classes</dt>
        <dd>
          {count(classes.loaded)} loaded, {count(classes.unloaded)} unloaded
        </dd>
        <dt>Safepoints</dt>
        <dd>
          {count(safepoints.count)}: all threads stood still for {seconds(safepoints.timeSeconds)} in all,{" "}
          {percent(safepoints.share)} of the time
        </dd>
        <dt>Compiler</dt>
        <dd>
          {count(compiler.compilations)} compilations in {seconds(compiler.timeSeconds)}
        </dd>
        <dt>Started with</dt>
        <dd>
          {figures.arguments === null
            ? UNKNOWN
            : figures.arguments.map((argument, index) => <code key={index}>{argument} </code>)}
        </dd>
      </dl>
    </>
  );
}

function Soon() {
  return <p class="dim jvm-soon">It is looked at every 2 seconds while this page is open.</p>;
}

/** What is wrong, in words, before all figures. */
function Verdict({ figures: { memory, gc } }: { figures: Figures }) {
  const { usedBytes, maxBytes } = memory.heap;
  const isFull = usedBytes !== null && maxBytes !== null && usedBytes > maxBytes * 0.9;
  const isBusy = gc.share !== null && gc.share > 0.1;
  if (!isFull && !isBusy) return null;
  return (
    <p class="failure">
      {isFull ? (
        <>
          <strong>The heap is nearly full.</strong> Where it stays so after collections, the app needs a
          larger <code>-Xmx</code>, or holds on to what it does not need: “Classes and dumps” shows what fills
          it.{" "}
        </>
      ) : null}
      {isBusy ? (
        <>
          <strong>{percent(gc.share)} of the time goes into collections.</strong> More heap makes them rarer.
        </>
      ) : null}
    </p>
  );
}

function Spaces({ memory }: { memory: Figures["memory"] }) {
  const all: readonly (readonly [string, Space])[] = [
    ["The whole heap", memory.heap],
    ...memory.heap.spaces.map((each) => [spaceName(each, memory.heap.spaces), each] as const),
    ["Metaspace (classes)", memory.metaspace],
    ["of it, compressed class space", memory.compressedClassSpace],
  ];
  return (
    <ScrollTable
      label="Memory by its spaces"
      heads={[
        ...headsOf(["Space"], ["Used", "From the system", "At most"]),
        { title: "Used of what it has" },
      ]}
    >
      {all.map(([name, { usedBytes, committedBytes, maxBytes }]) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td class="number nowrap">{bytes(usedBytes)}</td>
          <td class="number nowrap">{bytes(committedBytes)}</td>
          <td class="number nowrap">{bytes(maxBytes)}</td>
          <td>
            <Share name={name} of={usedBytes} whole={committedBytes} />
          </td>
        </tr>
      ))}
    </ScrollTable>
  );
}

/** Both survivor spaces are one pool. */
function spaceName({ pool, space }: HeapSpace, all: readonly HeapSpace[]): string {
  return all.filter((each) => each.pool === pool).length === 1 ? pool : `${pool} (${space})`;
}

function Share({ name, of, whole }: { name: string; of: number | null; whole: number | null }) {
  if (of === null || whole === null || whole === 0) return <>{UNKNOWN}</>;
  return (
    <span class="nowrap">
      <meter aria-label={`${name}: used of what it has`} min={0} max={1} value={of / whole} />{" "}
      {percent(of / whole)}
    </span>
  );
}

function Collectors({ gc }: { gc: Figures["gc"] }) {
  return (
    <>
      <h2>Collections</h2>
      <p>
        {gc.policy === null ? "" : `${gc.policy}. `}
        {gc.running === null ? "" : `It collects at this moment: ${gc.running}. `}
        {gc.lastCause === null ? "" : `The last one was for: ${gc.lastCause}.`}
      </p>
      <ScrollTable
        label="Collectors"
        heads={headsOf(["Collector"], ["Collections", "Time in all", "For each", "Of the time"])}
      >
        {gc.collectors.map((each) => (
          <tr key={each.name}>
            <th scope="row">{each.gc ?? each.name}</th>
            <td class="number">{count(each.count)}</td>
            <td class="number nowrap">{seconds(each.timeSeconds)}</td>
            <td class="number nowrap">
              {each.count ? seconds((each.timeSeconds ?? Number.NaN) / each.count) : UNKNOWN}
            </td>
            <td class="number nowrap">{percent(each.share)}</td>
          </tr>
        ))}
      </ScrollTable>
      {gc.cpuSeconds === null ? null : (
        <p class="dim">Its threads have used {short(gc.cpuSeconds)} s of CPU time.</p>
      )}
    </>
  );
}

function seconds(value: number | null): string {
  return value === null ? UNKNOWN : duration(value * 1_000);
}

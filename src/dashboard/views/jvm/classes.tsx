import { useState } from "preact/hooks";
import type { Answers } from "../../api/api-types.ts";
import { ask } from "../../api/ask.ts";
import { isOperator } from "../../state/session.ts";
import { bytes, count, duration, UNKNOWN } from "../../ui/format.ts";
import { Figure, headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import { Action } from "./action.tsx";
import { HeapDumps } from "./heap-dumps.tsx";

type Histogram = Answers["POST /jvm/{pid}/classes"];

const LIMIT = 300;
const HEADS = [...headsOf(["Class"], ["Objects", "They take"]), { title: "Module" }];

/** What fills the heap: counted by class, or written down whole. Each of it is felt by the app, and for operators. */
export function Classes({ pid }: { pid: number }) {
  const [histogram, setHistogram] = useState<Histogram>();
  if (!isOperator()) {
    return (
      <p>Counting objects, collecting and heap dumps hold the app up: only operators may have them made.</p>
    );
  }
  const countObjects = async (live: boolean) => {
    setHistogram(await ask("POST /jvm/{pid}/classes", { params: { pid }, body: { live, limit: LIMIT } }));
    return undefined;
  };
  return (
    <>
      <div class="bar jvm-actions">
        <Action label="Count objects" run={() => countObjects(false)}>
          <p>
            The app stands still while the JVM walks its heap: about a tenth of a second for 100 MB. Objects
            that nothing uses any more are counted too.
          </p>
        </Action>
        <Action label="Count live objects" run={() => countObjects(true)}>
          <p>
            The JVM makes a full collection first, and the app stands still for it: seconds for a heap of some
            GB. It takes the level <code>disturb</code>.
          </p>
        </Action>
        <Action label="Collect garbage" run={() => collect(pid)}>
          <p>
            The whole heap is collected, as <code>System.gc()</code> does it. With most collectors the app
            stands still meanwhile: seconds for a heap of some GB. It takes the level <code>disturb</code>.
          </p>
        </Action>
      </div>
      {histogram === undefined ? null : <HistogramTable histogram={histogram} />}
      <HeapDumps pid={pid} />
    </>
  );
}

async function collect(pid: number) {
  const done = await ask("POST /jvm/{pid}/gc", { params: { pid } });
  const { durationMs, collections, heapUsedBytesBefore, heapUsedBytesAfter } = done;
  if (collections === 0) {
    return <p class="fair">The JVM has not collected: it may run with -XX:+DisableExplicitGC.</p>;
  }
  return (
    <p>
      Collected in {duration(durationMs)}: {bytes(heapUsedBytesBefore)} before, {bytes(heapUsedBytesAfter)}{" "}
      after.
    </p>
  );
}

function HistogramTable({
  histogram: { live, total, instances, bytes: size, classes },
}: {
  histogram: Histogram;
}) {
  return (
    <>
      <h2>Objects by class</h2>
      <p class="dim">
        {count(instances)} {live ? "live " : ""}objects of {count(total)} classes take {bytes(size)}.
        {total > classes.length ? ` The ${classes.length} largest classes are shown.` : ""}
      </p>
      <ScrollTable label="Objects by class" class="jvm-histogram" heads={HEADS}>
        {classes.map((each) => (
          <tr key={`${each.class} ${each.module}`}>
            <td>
              <code>{each.class}</code>
            </td>
            <Figure>{count(each.instances)}</Figure>
            <Figure>{bytes(each.bytes)}</Figure>
            <td class="dim nowrap">{each.module ?? UNKNOWN}</td>
          </tr>
        ))}
      </ScrollTable>
    </>
  );
}

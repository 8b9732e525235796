import type { Answers } from "../../api/api-types.ts";
import { linkTo } from "../../state/place.ts";
import { Badge } from "../../ui/badge.tsx";
import { bytes, count, percent, span, UNKNOWN } from "../../ui/format.ts";
import { Remedy } from "../../ui/remedy.tsx";
import { Unreadable } from "../../ui/unreadable.tsx";

type List = Answers["GET /jvm"];

/** The JVMs among the app's processes, or why there are none. */
export function JvmList({ list: { jvms, reason, remedy, omitted } }: { list: List }) {
  if (jvms.length === 0) {
    return (
      <>
        <h1>JVM</h1>
        <p>{reason ?? "None of the app’s processes is a JVM."}</p>
        <Remedy text={remedy ?? undefined} />
      </>
    );
  }
  return (
    <>
      <h1>JVMs</h1>
      <div class="cards">
        {jvms.map((jvm) => (
          <section class="card" key={jvm.pid} aria-label={`JVM ${jvm.pid}`}>
            <h2>
              <a href={linkTo(["jvm", jvm.pid])}>
                {jvm.name} {jvm.pid}
              </a>{" "}
              {jvm.isMain ? <Badge tone="plain">the app’s main process</Badge> : null}
            </h2>
            <p>
              <code>{jvm.command ?? UNKNOWN}</code>
            </p>
            <dl class="facts">
              <dt>Java</dt>
              <dd>
                {jvm.version ?? UNKNOWN} {jvm.implementation}
              </dd>
              <dt>Up for</dt>
              <dd>{span(jvm.uptimeSeconds * 1_000)}</dd>
              <dt>Heap</dt>
              <dd>
                {bytes(jvm.heapUsedBytes)} of {bytes(jvm.heapMaxBytes)}
              </dd>
              <dt>In collections</dt>
              <dd>{percent(jvm.gcShare)} of the time</dd>
              <dt>Threads</dt>
              <dd>{count(jvm.threads)}</dd>
            </dl>
            <Unreadable notes={jvm.unreadable} />
          </section>
        ))}
      </div>
      {omitted === 0 ? null : <p class="dim">{count(omitted)} further JVMs are not shown.</p>}
    </>
  );
}

import { useAnswer } from "../../api/use-answer.ts";
import { changeQuery, linkTo } from "../../state/place.ts";
import { span, UNKNOWN } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Unreadable } from "../../ui/unreadable.tsx";
import { Classes } from "./classes.tsx";
import { Flags } from "./flags.tsx";
import type { JvmDetail } from "./jvm-types.ts";
import { MBeans } from "./mbeans.tsx";
import { Memory } from "./memory.tsx";
import { Properties } from "./properties.tsx";
import { Threads } from "./threads.tsx";
import { TouchLevels } from "./touch-levels.tsx";
import { useSamples } from "./use-samples.ts";

const EVERY_MS = 2_000;
const TABS = [
  { name: "memory", title: "Memory and GC" },
  { name: "threads", title: "Threads" },
  { name: "mbeans", title: "MBeans" },
  { name: "classes", title: "Classes and dumps" },
  { name: "flags", title: "Flags" },
  { name: "properties", title: "Properties" },
  { name: "touch", title: "What is allowed" },
] as const;

/** One JVM. */
export function JvmPage({ pid, query }: { pid: number; query: URLSearchParams }) {
  const jvm = useAnswer("GET /jvm/{pid}", { params: { pid }, everyMs: EVERY_MS });
  const samples = useSamples(jvm.value, jvm.at);
  const tab = TABS.find(({ name }) => name === query.get("tab"))?.name ?? "memory";
  return (
    <>
      <h1>
        <a href={linkTo(["jvm"])}>JVM</a> {pid}
      </h1>
      <Loaded of={jvm}>
        {(detail) => (
          <>
            <Head detail={detail} />
            <Tabs
              label="About the JVM"
              tabs={TABS}
              current={tab}
              onChange={(name) => changeQuery({ tab: name === "memory" ? undefined : name })}
            >
              {tab === "memory" ? <Memory detail={detail} samples={samples} /> : null}
              {tab === "threads" ? <Threads pid={pid} query={query} /> : null}
              {tab === "mbeans" ? <MBeans pid={pid} query={query} /> : null}
              {tab === "classes" ? <Classes pid={pid} /> : null}
              {tab === "flags" ? <Flags pid={pid} /> : null}
              {tab === "properties" ? <Properties pid={pid} /> : null}
              {tab === "touch" ? <TouchLevels pid={pid} /> : null}
            </Tabs>
          </>
        )}
      </Loaded>
    </>
  );
}

function Head({ detail }: { detail: JvmDetail }) {
  const { name, pid, version, implementation, uptimeSeconds, figures, unreadable } = detail;
  return (
    <>
      <p class="jvm-head">
        <code>{figures?.command ?? name}</code>
      </p>
      <p class="dim">
        Java {version ?? UNKNOWN} ({figures?.vm.name ?? implementation ?? UNKNOWN}), up for{" "}
        {span(uptimeSeconds * 1_000)}, <a href={linkTo(["processes", pid])}>its process</a>
      </p>
      <Unreadable notes={unreadable} />
    </>
  );
}

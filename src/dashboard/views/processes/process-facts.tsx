import type { ComponentChildren } from "preact";
import type { Answers } from "../../api/api-types.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { linkTo } from "../../state/place.ts";
import { Fact } from "../../ui/fact.tsx";
import { bytes, clock, count, duration, percent, short, UNKNOWN } from "../../ui/format.ts";
import { Unreadable } from "../../ui/unreadable.tsx";
import { commandOf } from "./arrange.ts";

type Detail = Answers["GET /processes/{pid}"];
type Runtime = Answers["GET /runtime"]["processes"][number];

const KINDS: Readonly<Record<NonNullable<Runtime["kind"]>, string>> = {
  jvm: "Java",
  dotnet: ".NET",
  node: "Node.js",
  python: "Python",
  go: "Go",
  ruby: "Ruby",
  php: "PHP",
  native: "Compiled",
};

/** What one wants to know of a process first. */
export function ProcessFacts({ detail }: { detail: Detail }) {
  const { cpuPercent, rssBytes, threads, openFiles, openFilesLimit, unreadable } = detail;
  return (
    <>
      <div class="cards process-cards">
        <Figure title="CPU" value={percent(cpuPercent === null ? null : cpuPercent / 100)}>
          of one CPU; {percent(ratio(detail.cpuPercentSinceStart))} since its start
        </Figure>
        <Figure title="Memory" value={bytes(rssBytes)}>
          resident; {bytes(detail.pssBytes)} with shared pages divided
        </Figure>
        <Figure title="Threads" value={count(threads)}>
          {rates(detail)}
        </Figure>
        <Figure title="Open files" value={count(openFiles)}>
          {openFilesLimit === null ? "limit not known" : `of ${limit(openFilesLimit)} allowed`}
        </Figure>
      </div>
      <Facts detail={detail} />
      <Unreadable notes={unreadable} />
    </>
  );
}

function Figure({ title, value, children }: { title: string; value: string; children: ComponentChildren }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      <p class="figure">{value}</p>
      <p class="dim">{children}</p>
    </section>
  );
}

function Facts({ detail }: { detail: Detail }) {
  const { pid, startTime, user, uid, executable, ancestors, children, tracer, cpuTimeNs, io } = detail;
  return (
    <dl class="facts">
      <Fact name="Runs on">
        <RunsOn pid={pid} startTime={startTime} isCore={detail.isCore} />
      </Fact>
      <Fact name="Command">
        <code>{commandOf(detail)}</code>
      </Fact>
      <Fact name="Executable">{executable === null ? UNKNOWN : <code>{executable}</code>}</Fact>
      <Fact name="Started">{clock(startTime)}</Fact>
      <Fact name="User">
        {user ?? UNKNOWN} {uid === null ? "" : `(${uid})`}
      </Fact>
      <Fact name="CPU time">{duration(cpuTimeNs / 1e6)}</Fact>
      <Fact name="Read and written">
        {io === null ? UNKNOWN : `${bytes(io.readBytes)} from storage, ${bytes(io.writeBytes)} to it`}
      </Fact>
      <Fact name="Swapped out">{bytes(detail.swapBytes)}</Fact>
      <Fact name="Started by">
        {ancestors.length === 0 ? "nobody that is visible here" : <Relatives all={ancestors} />}
      </Fact>
      <Fact name="Has started">
        {children.length === 0 ? "nothing that runs" : <Relatives all={children} />}
      </Fact>
      <Fact name="Traced by">{tracer === null ? "nobody" : <Relatives all={[tracer]} />}</Fact>
    </dl>
  );
}

const MAX_RELATIVES = 20;

function Relatives({ all }: { all: readonly { readonly pid: number; readonly name: string }[] }) {
  return (
    <>
      {all.slice(0, MAX_RELATIVES).map(({ pid, name }) => (
        <a key={pid} class="process-relative" href={linkTo(["processes", pid])}>
          {name} ({pid})
        </a>
      ))}
      {all.length > MAX_RELATIVES ? ` and ${count(all.length - MAX_RELATIVES)} more` : null}
    </>
  );
}

/** What kind of program it is; the sidecar tells that of the app's processes. */
function RunsOn({ pid, startTime, isCore }: Pick<Detail, "pid" | "startTime" | "isCore">) {
  const { value, error } = useAnswer("GET /runtime", { if: isCore === true });
  if (isCore !== true) return <span class="dim">{UNKNOWN} (told of the app’s processes only)</span>;
  if (error !== undefined)
    return (
      <span class="dim">
        {UNKNOWN} ({error.message})
      </span>
    );
  if (value === undefined) return <span class="dim">One moment…</span>;
  const found = value.processes.find((each) => each.pid === pid && each.startTime === startTime);
  if (found === undefined || found.kind === null) {
    const [why] = found?.unreadable ?? [];
    return (
      <span class="dim">
        {UNKNOWN} ({why?.reason ?? "not told of this process"})
      </span>
    );
  }
  const { kind, version, implementation, evidence } = found;
  return (
    <>
      {KINDS[kind]} {version} {implementation === null ? "" : `(${implementation})`}{" "}
      <span class="dim">{evidence}</span>{" "}
      {kind === "jvm" ? <a href={linkTo(["jvm", pid])}>Look into the JVM</a> : null}
    </>
  );
}

function ratio(value: number | null): number | null {
  return value === null ? null : value / 100;
}

function limit(value: number | "unlimited"): string {
  return value === "unlimited" ? "as many as it likes" : count(value);
}

function rates({ ioRates, majorFaults }: Detail): string {
  if (ioRates === null) return `${count(majorFaults)} page faults that waited for storage`;
  const calls = ioRates.readCallsPerSecond + ioRates.writeCallsPerSecond;
  return `${short(calls)} reads and writes a second`;
}

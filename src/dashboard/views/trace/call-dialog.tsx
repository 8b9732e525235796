import type { TraceArgument, TraceEvent } from "../../api/api-types.ts";
import { changeQuery, linkTo } from "../../state/place.ts";
import { argumentText, type CallEvent, resultOf } from "../../ui/call-text.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Fact } from "../../ui/fact.tsx";
import { duration, UNKNOWN } from "../../ui/format.ts";
import { LogsOfTime } from "../../ui/logs-of-time.tsx";
import { msOf } from "./event-line.tsx";
import { manualOf, momentOf, wholeText } from "./event-text.ts";

/** A value of megabytes would hold the page up. */
const MAX_VALUE = 20_000;

const MARKS: Readonly<Record<CallEvent["marks"][number], string>> = {
  resumed: "Other threads had something to say while it was under way.",
  interrupted: "A signal ended its wait.",
  restarted: "The kernel went on with a call that a signal had interrupted.",
  unfinished: "Its return was not seen.",
  detached: "It was still under way when the trace ended.",
  "beginning-missing": "It had begun before the trace.",
};

/** All that is known of an event. */
export function CallDialog({ event, onClose }: { event: TraceEvent; onClose: () => void }) {
  const title = event.type === "call" ? event.call : "Not a call";
  return (
    <Dialog title={title} onClose={onClose}>
      {event.type === "call" ? (
        <CallFacts call={event} onClose={onClose} />
      ) : (
        <p>{shortened(wholeText(event))}</p>
      )}
      {event.type === "unparsed" || event.time === null ? null : <LogsAround time={event.time} />}
      <p class="bar">
        <span class="dim">As strace would write it:</span>
        <CopyButton text={wholeText(event)} what="the line" />
      </p>
      <pre class="wrap">{shortened(wholeText(event))}</pre>
    </Dialog>
  );
}

/** What was logged then: a log may be written a little before and after. */
function LogsAround({ time }: { time: number }) {
  return (
    <>
      <h3>What the app logged at that time</h3>
      <LogsOfTime from={time * 1_000} to={time * 1_000} />
    </>
  );
}

function CallFacts({ call, onClose }: { call: CallEvent; onClose: () => void }) {
  const { time, tid, pid, pidReason, args, durationNs, errno, marks } = call;
  const manual = manualOf(call.call);
  const filterBy = (query: Record<string, string | number>) => () => {
    changeQuery({ ...query, at: undefined, tab: undefined });
    onClose();
  };
  return (
    <>
      {manual === undefined ? null : (
        <p>
          <a href={manual} target="_blank" rel="noreferrer">
            Manual page {call.call}(2)
          </a>{" "}
          <span class="dim">at man7.org, in a new tab</span>
        </p>
      )}
      <dl class="facts">
        <dt>Result</dt>
        <dd class={errno === null ? "" : "bad"}>{resultOf(call).slice(3)}</dd>
        <dt>Took</dt>
        <dd>{duration(msOf(durationNs))}</dd>
        <dt>Began</dt>
        <dd>{momentOf(time)}</dd>
        <dt>Thread</dt>
        <dd>
          {tid}{" "}
          <button type="button" class="quiet small" onClick={filterBy({ tid })}>
            Only this thread
          </button>
        </dd>
        <dt>Process</dt>
        <dd>
          {pid === null ? `${UNKNOWN} ${pidReason ?? ""}` : <a href={linkTo(["processes", pid])}>{pid}</a>}
        </dd>
        {marks.map((mark) => (
          <Fact key={mark} name="Note">
            {MARKS[mark]}
          </Fact>
        ))}
      </dl>
      <h3>Arguments</h3>
      {args === null ? (
        <p class="dim">Not known: the call had begun before the trace.</p>
      ) : (
        <Arguments args={args} />
      )}
      <p>
        <button type="button" class="quiet small" onClick={filterBy({ calls: call.call })}>
          Only {call.call}
        </button>
      </p>
    </>
  );
}

function Arguments({ args }: { args: readonly TraceArgument[] }) {
  if (args.length === 0) return <p class="dim">It has none.</p>;
  return (
    <ol class="trace-arguments">
      {args.map((argument, index) => (
        <li key={index}>
          <code>{shortened(argumentText(argument))}</code> <span class="dim">{kindOf(argument)}</span>
        </li>
      ))}
    </ol>
  );
}

function kindOf(argument: TraceArgument): string {
  switch (argument.kind) {
    case "named":
      return kindOf(argument.value);
    case "string":
      return `${argument.encoding === "bytes" ? "bytes" : "text"}${argument.isTruncated ? ", cut: a higher number of characters shows more" : ""}`;
    case "unread":
      return argument.reason;
    case "symbols":
      return "flags";
    case "null":
      return "";
    default:
      return argument.kind;
  }
}

function shortened(text: string): string {
  return text.length <= MAX_VALUE
    ? text
    : `${text.slice(0, MAX_VALUE)}… (${text.length - MAX_VALUE} characters more)`;
}

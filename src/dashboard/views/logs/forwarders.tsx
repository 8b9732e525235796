import type { LogForwarder } from "../../api/api-types.ts";
import { Badge } from "../../ui/badge.tsx";
import { bytes, clock, count, duration } from "../../ui/format.ts";
import { Remedy } from "../../ui/remedy.tsx";

/** How far each log is forwarded to each destination; those that fail come first. */
export function Forwarders({ forwarders }: { forwarders: readonly LogForwarder[] }) {
  if (forwarders.length === 0) return null;
  const inOrder = forwarders.toSorted((one, other) => rankOf(one) - rankOf(other));
  return (
    <section aria-labelledby="forwarders">
      <h2 id="forwarders">Where they are forwarded</h2>
      <div class="cards">
        {inOrder.map((each) => (
          <ForwarderCard key={`${each.name} ${each.destination}`} forwarder={each} />
        ))}
      </div>
    </section>
  );
}

function ForwarderCard({ forwarder }: { forwarder: LogForwarder }) {
  const { name, destination, to, state, problem, lagBytes, lagSeconds, lastSentAt } = forwarder;
  const { lines, failures, setAside, losses } = forwarder;
  return (
    <div class="card">
      <h3>
        {name} to {destination}{" "}
        <Badge tone={state === "failing" ? "bad" : "good"}>{state === "failing" ? "fails" : "is sent"}</Badge>
      </h3>
      {problem === undefined ? null : <p class="bad">{problem.detail}</p>}
      <Remedy text={problem?.remedy} />
      <dl class="facts">
        <dt>Kind</dt>
        <dd>{to}</dd>
        <dt>Waits</dt>
        <dd>
          {lagBytes === null ? "all since a file before this one" : bytes(lagBytes)}
          {lagSeconds > 0 ? `, the oldest line for ${duration(lagSeconds * 1_000)}` : ""}
        </dd>
        <dt>Last sent</dt>
        <dd>{lastSentAt === null ? "not since the sidecar started" : clock(lastSentAt)}</dd>
        <dt>Lines sent</dt>
        <dd>{count(lines)}</dd>
        <dt>Failed attempts</dt>
        <dd>{count(failures)}</dd>
        {setAside === 0 ? null : (
          <>
            <dt>Set aside</dt>
            <dd class="bad">{count(setAside)} lines that it refused for what is in them</dd>
          </>
        )}
        {losses === 0 ? null : (
          <>
            <dt>Lost</dt>
            <dd class="bad">a rotation took lines away unread, {count(losses)} times</dd>
          </>
        )}
      </dl>
    </div>
  );
}

function rankOf({ state, setAside, losses }: LogForwarder): number {
  if (state === "failing") return 0;
  return setAside > 0 || losses > 0 ? 1 : 2;
}

import { useState } from "preact/hooks";
import type { Answers } from "../../api/api-types.ts";
import { ask, pathOf, send } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Failure } from "../../ui/failure.tsx";
import { bytes, clock } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Action } from "./action.tsx";

type Dump = Answers["GET /heap-dumps"]["heapDumps"][number];

const EVERY_MS = 2_000;
const TONES: Readonly<Record<Dump["state"], Tone>> = { running: "fair", ended: "good", failed: "bad" };

/** The heap written into a file, for a memory analyser. */
export function HeapDumps({ pid }: { pid: number }) {
  const dumps = useAnswer("GET /heap-dumps", { everyMs: EVERY_MS });
  const dump = async () => {
    await ask("POST /jvm/{pid}/heap-dumps", { params: { pid }, body: { live: true } });
    dumps.refresh();
    return <p>It is being written.</p>;
  };
  return (
    <>
      <h2>Heap dumps</h2>
      <Action label="Write a heap dump" run={dump}>
        <p>
          The JVM collects, and then writes all live objects into a file in the app’s own{" "}
          <code>jvm.dumpDir</code>. The app stands still meanwhile: seconds for each GB. The file takes as
          much room as the heap, and <strong>holds all that the app has in memory, passwords too</strong>. It
          is kept for an hour. It takes the level <code>disturb</code>.
        </p>
      </Action>
      <Loaded of={dumps}>
        {({ heapDumps }) => (
          <ul class="jvm-dumps">
            {heapDumps.map((each) => (
              <DumpRow key={each.id} dump={each} onChange={dumps.refresh} />
            ))}
          </ul>
        )}
      </Loaded>
    </>
  );
}

function DumpRow({ dump, onChange }: { dump: Dump; onChange: () => void }) {
  const { id, jvm, state, reason, startedAt, expiresAt } = dump;
  const [error, setError] = useState<unknown>();
  const remove = () => send("DELETE /heap-dumps/{id}", { params: { id } }).then(onChange, setError);
  return (
    <li class="bar">
      <Badge tone={TONES[state]}>{state}</Badge>
      <span>
        {jvm.name} {jvm.pid}, {clock(startedAt)}, {bytes(dump.bytes)}
      </span>
      {reason === null ? null : <span class="bad">{reason}</span>}
      {expiresAt === null ? null : <span class="dim">kept until {clock(expiresAt)}</span>}
      {state === "ended" ? (
        <a
          class="button quiet small"
          href={pathOf("GET /heap-dumps/{id}/heap.hprof", { params: { id } })}
          download
        >
          Download
        </a>
      ) : null}
      <button type="button" class="quiet small" onClick={() => void remove()}>
        {state === "running" ? "Give up" : "Remove"}
      </button>
      {error === undefined ? null : <Failure error={error} />}
    </li>
  );
}

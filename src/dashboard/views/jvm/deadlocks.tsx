import type { Answers } from "../../api/api-types.ts";
import type { Thread } from "./group-threads.ts";
import { Stack } from "./thread-group.tsx";

type Ring = Answers["GET /jvm/{pid}/threads"]["deadlocks"][number];

/** Threads that wait for each other for good: what is wrong comes first. */
export function Deadlocks({
  deadlocks,
  threads,
}: {
  deadlocks: readonly Ring[];
  threads: readonly Thread[];
}) {
  if (deadlocks.length === 0) return null;
  const what = deadlocks.length === 1 ? "is a deadlock" : `are ${deadlocks.length} deadlocks`;
  return (
    <section class="failure" aria-labelledby="deadlocks">
      <h2 id="deadlocks">There {what}</h2>
      <p>
        These threads wait for each other, and none of them will ever go on. Only starting the app anew helps
        now; its code takes these locks in different orders.
      </p>
      {deadlocks.map((ring) => (
        <div key={ring.map(({ thread }) => thread).join(" ")} class="deadlock">
          <ul>
            {ring.map(({ thread, waitsFor, class: type, heldBy }) => (
              <li key={thread}>
                <strong>{thread}</strong> waits for <code>{type ?? waitsFor}</code>, which{" "}
                <strong>{heldBy}</strong> holds
              </li>
            ))}
          </ul>
          {ring.map(({ thread }) => (
            <DeadThread key={thread} name={thread} thread={threads.find(({ name }) => name === thread)} />
          ))}
        </div>
      ))}
    </section>
  );
}

function DeadThread({ name, thread }: { name: string; thread: Thread | undefined }) {
  if (thread === undefined) return null;
  return (
    <details>
      <summary>The stack of {name}</summary>
      <Stack thread={thread} />
    </details>
  );
}

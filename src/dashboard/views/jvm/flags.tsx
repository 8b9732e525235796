import { useState } from "preact/hooks";
import { useAnswer } from "../../api/use-answer.ts";
import { count } from "../../ui/format.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { JVM_KEEPS, JVM_PATIENCE_MS } from "./jvm-types.ts";
import { NamedValues } from "./named-values.tsx";

/** The flags of the JVM: those that somebody has set, or all. */
export function Flags({ pid }: { pid: number }) {
  const [isAll, setAll] = useState(false);
  const flags = useAnswer("GET /jvm/{pid}/flags", {
    params: { pid },
    query: { all: isAll },
    patienceMs: JVM_PATIENCE_MS,
  });
  return (
    <>
      <label>
        <input type="checkbox" checked={isAll} onChange={() => setAll(!isAll)} /> Also those that are as they
        are by default
      </label>
      <Loaded of={flags} whatKeepsIt={JVM_KEEPS}>
        {({ flags: all, total }) => (
          <>
            <p class="dim">
              {count(all.length)} of {count(total)} flags.
            </p>
            <NamedValues
              label="Flags"
              extra="Set by"
              rows={all.map(({ name, value, origin }) => ({ name, value, extra: origin }))}
            />
          </>
        )}
      </Loaded>
    </>
  );
}

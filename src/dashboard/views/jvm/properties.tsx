import { useAnswer } from "../../api/use-answer.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { JVM_KEEPS, JVM_PATIENCE_MS } from "./jvm-types.ts";
import { NamedValues } from "./named-values.tsx";

/** The system properties; what looks secret is masked. */
export function Properties({ pid }: { pid: number }) {
  const properties = useAnswer("GET /jvm/{pid}/properties", {
    params: { pid },
    patienceMs: JVM_PATIENCE_MS,
  });
  return (
    <Loaded of={properties} whatKeepsIt={JVM_KEEPS}>
      {({ properties: all }) => (
        <NamedValues
          label="System properties"
          extra="Secret"
          rows={all.map(({ name, value, isMasked }) => ({ name, value, extra: isMasked ? "masked" : "" }))}
        />
      )}
    </Loaded>
  );
}

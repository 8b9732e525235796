import { useAnswer } from "../../api/use-answer.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { NamedValues } from "./named-values.tsx";

/** The system properties; what looks secret is masked. */
export function Properties({ pid }: { pid: number }) {
  const properties = useAnswer("GET /jvm/{pid}/properties", { params: { pid } });
  return (
    <Loaded of={properties}>
      {({ properties: all }) => (
        <NamedValues
          label="System properties"
          extra=""
          rows={all.map(({ name, value, isMasked }) => ({ name, value, extra: isMasked ? "masked" : "" }))}
        />
      )}
    </Loaded>
  );
}

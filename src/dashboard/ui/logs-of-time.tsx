import { useAnswer } from "../api/use-answer.ts";
import { linkTo } from "../state/place.ts";
import { Failure } from "./failure.tsx";

/** A log may be written a little before and after. */
const AROUND_MS = 1_000;

/**
 * The ways to the lines that each log of the app has of a time.
 * @param from milliseconds since 1970.
 * @param having a text that lines may have: then there is a way to those as well.
 */
export function LogsOfTime({ from, to, having }: { from: number; to: number; having?: string }) {
  const { value: index } = useAnswer("GET /");
  const isOn = index?.links["logs"] !== undefined;
  const { value, error } = useAnswer("GET /logs", { if: isOn });
  if (error !== undefined) return <Failure error={error} />;
  if (index === undefined || (isOn && value === undefined)) return <p class="dim waiting">One moment…</p>;
  const logs = value?.logs ?? [];
  if (logs.length === 0) {
    return (
      <p class="dim">
        No log of the app is named in the settings: <code>SIDECAR_LOGS_FILES</code> does that.
      </p>
    );
  }
  const since = new Date(from - AROUND_MS).toISOString();
  const until = new Date(to + AROUND_MS).toISOString();
  return (
    <ul class="links">
      {logs.map(({ name }) => (
        <li key={name}>
          <strong>{name}</strong>:{" "}
          <a href={linkTo(["logs", name], { since, until })}>the lines of its time</a>
          {having === undefined ? null : (
            <>
              , <a href={linkTo(["logs", name], { grep: having })}>the lines with its id</a>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

import { duration, percent } from "../../ui/format.ts";
import { partsOf, type TrafficRequest } from "./request.ts";

/** Where the time went: a bar in three colours. The words beside it say the same. */
export function TimeBar({ request, isWide = false }: { request: TrafficRequest; isWide?: boolean }) {
  const parts = partsOf(request).filter(({ share }) => share > 0);
  return (
    <span class={isWide ? "time-bar wide" : "time-bar"} aria-hidden="true">
      {parts.map(({ side, share }) => (
        <span key={side} class={`part ${side}`} style={{ width: `${share * 100}%` }} />
      ))}
    </span>
  );
}

/** The same in words, with the colours: which is which, the largest first. */
export function TimeParts({ request }: { request: TrafficRequest }) {
  const parts = partsOf(request).toSorted((one, other) => other.ms - one.ms);
  return (
    <ul class="time-parts">
      {parts.map(({ side, name, ms, share }) => (
        <li key={side}>
          <span class={`swatch ${side}`} aria-hidden="true" /> {SAYS[side]}: <strong>{duration(ms)}</strong>
          <span class="dim"> ({percent(share)})</span>
          <span class="dim"> {EXPLAINS[name]}</span>
        </li>
      ))}
    </ul>
  );
}

const SAYS = { core: "The app", client: "The client", sidecar: "The sidecar" } as const;
const EXPLAINS: Readonly<Record<string, string>> = {
  app: "worked on it, or sent its answer",
  client: "was waited for, to send its request or to take the answer",
  sidecar: "waited for a connection to the app",
};

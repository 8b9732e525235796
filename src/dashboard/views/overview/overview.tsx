import "./overview.css";
import { serverNow } from "../../api/server-clock.ts";
import { changeQuery } from "../../state/place.ts";
import { Failure } from "../../ui/failure.tsx";
import { clock } from "../../ui/format.ts";
import type { ViewProps } from "../view.ts";
import { AppCard } from "./app-card.tsx";
import { Checks } from "./checks.tsx";
import { findingsOf } from "./findings.ts";
import { FindingList } from "./findings-list.tsx";
import { CpuCard, MemoryCard, OpenFilesCard, PressureCard } from "./resource-cards.tsx";
import type { Point } from "./series.ts";
import { ErrorsCard, LatencyCard, RequestsCard } from "./traffic-cards.tsx";
import type { HistoryWindow, LiveHistory } from "./use-history.ts";
import { useSituation } from "./use-situation.ts";

const WINDOWS: readonly { readonly name: HistoryWindow; readonly title: string }[] = [
  { name: "5m", title: "5 minutes" },
  { name: "1h", title: "1 hour" },
  { name: "24h", title: "1 day" },
];

/** What the app and its sidecar do now: first what is wrong and what to do, then the figures, with the last hour. */
export function Overview({ place: { query } }: ViewProps) {
  const window = WINDOWS.find(({ name }) => name === query.get("window"))?.name ?? "1h";
  const { isOn, isKnown, gaps, refusals, health, ...known } = useSituation(window);
  const { resources, process, traffic, course, situation } = known;
  const forwarded = { traffic, isOn: isOn("traffic") };
  const figures = { resources, course, isOn: isOn("resources") };
  return (
    <>
      <FindingList
        findings={findingsOf(situation)}
        gaps={gaps}
        isKnown={isKnown}
        since={health.value?.since}
      />
      {refusals.map((error) => (
        <Failure key={error.message} error={error} />
      ))}
      <div class="bar">
        <h2 class="no-margin">The app now, and before</h2>
        <WindowChoice window={window} />
      </div>
      <Beginning history={traffic ?? course} />
      <div class="cards overview-cards">
        <AppCard resources={resources} process={process} health={health.value} isOn={figures.isOn} />
        <RequestsCard {...forwarded} />
        <ErrorsCard {...forwarded} />
        <LatencyCard {...forwarded} />
        <CpuCard {...figures} />
        <MemoryCard {...figures} />
        <PressureCard {...figures} />
        <OpenFilesCard process={process} resources={resources} isOn={isOn("processes")} />
      </div>
      {health.value === undefined ? null : <Checks health={health.value} />}
    </>
  );
}

/** Says from when on there are figures, where the charts could show more. */
function Beginning({ history }: { history: LiveHistory<Point> | undefined }) {
  const first = history?.points[0];
  if (history === undefined || first === undefined) return null;
  const missingMs = history.windowSeconds * 1_000 - (serverNow() - Date.parse(first.time));
  if (missingMs < history.stepSeconds * 2_000) return null;
  return (
    <p class="dim note">
      The sidecar measures since {clock(first.time)}; of the time before that nothing is known.
    </p>
  );
}

function WindowChoice({ window }: { window: HistoryWindow }) {
  return (
    <fieldset class="choice end">
      <legend class="dim">Charts over</legend>
      {WINDOWS.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          class={name === window ? "small" : "quiet small"}
          aria-pressed={name === window}
          onClick={() => changeQuery({ window: name === "1h" ? undefined : name })}
        >
          {title}
        </button>
      ))}
    </fieldset>
  );
}

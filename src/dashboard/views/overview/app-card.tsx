import { linkTo } from "../../state/place.ts";
import { Fact } from "../../ui/fact.tsx";
import { clock, count, UNKNOWN } from "../../ui/format.ts";
import { Ago } from "./ago.tsx";
import type { Health, Process, Resources } from "./answers.ts";
import { Card, SwitchedOff } from "./card.tsx";
import { isDown } from "./finding.ts";

interface AppCardProps {
  readonly resources: Resources | undefined;
  readonly process: Process | undefined;
  readonly health: Health | undefined;
  readonly isOn: boolean;
}

/** The app itself: since when it runs, and what it is. */
export function AppCard(props: AppCardProps) {
  const { process, health, isOn } = props;
  if (!isOn) return <SwitchedOff title="The app" setting="SIDECAR_RESOURCES_ENABLED" />;
  return (
    <Card {...headOf(props)}>
      {process === undefined ? null : (
        <dl class="facts">
          <Fact name="Program">
            <a href={linkTo(["processes", process.pid])}>{process.name}</a>
          </Fact>
          <Fact name="Runs as">{process.user ?? process.uid ?? UNKNOWN}</Fact>
          <Fact name="Threads">{count(process.threads)}</Fact>
          <Fact name="State">{process.state}</Fact>
        </dl>
      )}
      {health === undefined ? null : (
        <p class="note">
          {health.ready ? (
            <span class="good">Ready: traffic may come.</span>
          ) : (
            <span class="bad">Not ready: an orchestrator keeps traffic away.</span>
          )}
        </p>
      )}
    </Card>
  );
}

/** How long it is up; of what has ended, or serves nobody, that is not said. */
function headOf({ resources, process, health }: AppCardProps) {
  const main = resources?.process ?? undefined;
  if (main === undefined) {
    return { title: "The app", figure: UNKNOWN, note: resources?.reason ?? "Not asked yet." };
  }
  const note = `Since ${clock(main.startTime)}, as process ${main.pid}`;
  if (process?.state === "zombie") return { title: "The app", figure: "has ended", note };
  const figure = <Ago moment={main.startTime} />;
  return isDown(health)
    ? { title: "The app's process runs for", figure, note: `${note}, but it takes no connections` }
    : { title: "The app is up for", figure, note };
}

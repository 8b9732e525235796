import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../../api/use-answer.ts";
import { ChangeProgress } from "./change-progress.tsx";

const LOOK_MS = 2_000;

/** A change of a file that is under way, whoever made it, and what came of it; not while it is watched in a dialog. */
export function RunningChange(props: { name: string; isWatched: boolean; onOver: () => void }) {
  const { name, isWatched, onOver } = props;
  const { value } = useAnswer("GET /changes", { everyMs: LOOK_MS });
  const running = value?.changes.find(
    ({ state, files }) => state === "running" && files.some((file) => file.name === name),
  );
  const [id, setId] = useState<string>();
  useEffect(() => {
    if (isWatched) setId(undefined);
    else if (running !== undefined) setId(running.id);
  }, [running?.id, isWatched]);
  if (id === undefined || isWatched) return null;
  return (
    <section class="config-note" aria-label="The change that is under way">
      <ChangeProgress key={id} id={id} onOver={onOver} />
      <button type="button" class="quiet small" onClick={() => setId(undefined)}>
        Hide this
      </button>
    </section>
  );
}

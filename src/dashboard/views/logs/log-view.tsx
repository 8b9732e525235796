import { useMemo, useState } from "preact/hooks";
import { pathOf } from "../../api/ask.ts";
import { changeQuery, linkTo } from "../../state/place.ts";
import { count } from "../../ui/format.ts";
import { LineDetails } from "./line-details.tsx";
import { LogFilter } from "./log-filter.tsx";
import { LogLines } from "./log-lines.tsx";
import type { LineRow } from "./log-rows.ts";
import { LogStatus } from "./log-status.tsx";
import { downloadQuery, isChosen, wishOf } from "./log-wish.ts";
import { useLog } from "./use-log.ts";

/** One log: its lines, read and followed, searched, and one of them close up. */
export function LogView({ name, query }: { name: string; query: URLSearchParams }) {
  // What only says how it is shown begins nothing anew.
  const asked = new URLSearchParams(
    [...query].filter(([key]) => key !== "wrap" && key !== "line"),
  ).toString();
  const wish = useMemo(() => wishOf(new URLSearchParams(asked)), [asked]);
  const log = useLog(name, wish);
  const [chosen, choose] = useState<LineRow>();
  const isWrapped = query.get("wrap") === "true";
  return (
    <div class="log-view">
      <div class="bar">
        <h1>
          <a href={linkTo(["logs"])}>Logs</a> / {name}
        </h1>
        <span class="end bar">
          <button
            type="button"
            class="quiet small"
            aria-pressed={isWrapped}
            onClick={() => changeQuery({ wrap: isWrapped ? undefined : true })}
          >
            {isWrapped ? "Do not wrap" : "Wrap lines"}
          </button>
          <a
            class="button quiet small"
            href={pathOf("GET /logs/{name}", { params: { name }, query: downloadQuery(wish) })}
            download={name}
            title="As text: what is chosen, up to 100,000 lines"
          >
            Download
          </a>
        </span>
      </div>
      <LogFilter query={query} />
      <LogStatus log={log} wish={wish} />
      {log.rows.length === 0 && log.state.kind !== "reading" ? (
        <Nothing isChosen={isChosen(wish)} />
      ) : (
        <LogLines
          log={log}
          wish={wish}
          isWrapped={isWrapped}
          marked={query.get("line")}
          {...{ chosen, choose }}
        />
      )}
      {chosen === undefined ? null : (
        <LineDetails key={chosen.cursor} name={name} line={chosen} onClose={() => choose(undefined)} />
      )}
      {log.rows.letGo === 0 ? null : (
        <p class="dim">
          The page keeps the latest {count(log.rows.lines)} lines; {count(log.rows.letGo)} older ones were let
          go. They are in the log: choose a time to see them.
        </p>
      )}
    </div>
  );
}

function Nothing({ isChosen: hasChosen }: { isChosen: boolean }) {
  return (
    <div class="card">
      {hasChosen ? (
        <p>
          <strong>No line is like that.</strong> A search looks at the file as it is now; with a time to begin
          from it looks into the rotated files too.{" "}
          <button
            type="button"
            class="quiet small"
            onClick={() =>
              changeQuery({
                ...{ grep: undefined, regex: undefined, ignoreCase: undefined, invert: undefined },
                ...{ level: undefined, since: undefined, until: undefined },
              })
            }
          >
            Show all lines
          </button>
        </p>
      ) : (
        <p>
          <strong>Nothing is in the log yet.</strong> What the app writes comes here by itself.
        </p>
      )}
    </div>
  );
}

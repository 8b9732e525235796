import { changeQuery } from "../../state/place.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Failure } from "../../ui/failure.tsx";
import { count } from "../../ui/format.ts";
import type { LogWish } from "./log-wish.ts";
import type { LogState } from "./read-log.ts";
import type { ReadingLog } from "./use-log.ts";

const SAYS: Readonly<Record<LogState["kind"], { tone: Tone; says: string }>> = {
  reading: { tone: "plain", says: "reading" },
  following: { tone: "good", says: "following" },
  waiting: { tone: "bad", says: "connection lost" },
  paused: { tone: "fair", says: "paused" },
  ended: { tone: "plain", says: "read" },
  failed: { tone: "bad", says: "failed" },
};

/** How the reading is going, in words, and what can be done about it. */
export function LogStatus({ log, wish }: { log: ReadingLog; wish: LogWish }) {
  const { state, rows } = log;
  if (state.kind === "failed") {
    return (
      <Failure error={state.error}>
        <button type="button" class="quiet" onClick={() => log.goOn()}>
          Try again
        </button>
      </Failure>
    );
  }
  const { tone, says } = SAYS[state.kind];
  return (
    <div class="bar log-status">
      <Badge tone={tone}>{says}</Badge>
      <span>{rows.lines === 1 ? "1 line" : `${count(rows.lines)} lines`}</span>
      <span class="dim">{hintOf(state, wish)}</span>
      <span class="end bar">
        <Actions log={log} wish={wish} />
      </span>
    </div>
  );
}

function Actions({ log, wish }: { log: ReadingLog; wish: LogWish }) {
  const { state } = log;
  switch (state.kind) {
    case "paused":
      return (
        <button type="button" class="small" onClick={() => log.goOn()}>
          Go on
        </button>
      );
    case "ended":
      return (
        <>
          {state.hasMore ? (
            <button type="button" class="small" onClick={() => log.more()}>
              The next lines
            </button>
          ) : null}
          {wish.until === undefined ? null : (
            <button
              type="button"
              class="quiet small"
              onClick={() => changeQuery({ until: undefined, line: undefined })}
            >
              Go on from here
            </button>
          )}
          <button
            type="button"
            class="quiet small"
            onClick={() => changeQuery({ since: undefined, until: undefined, line: undefined })}
          >
            To the end of the log
          </button>
        </>
      );
    case "failed":
      return null;
    case "reading":
    case "following":
    case "waiting":
      return (
        <button type="button" class="quiet small" onClick={() => log.pause()}>
          Pause
        </button>
      );
  }
}

function hintOf(state: LogState, { since, until }: LogWish): string {
  switch (state.kind) {
    case "reading":
      return "One moment: it is read and searched.";
    case "following":
      return "What comes is shown at once.";
    case "waiting":
      return "It goes on where it broke off: no line is lost, and none comes twice.";
    case "paused":
      return "What comes meanwhile is shown when it goes on.";
    case "ended":
      if (state.hasMore) return "There are more.";
      return since !== undefined || until !== undefined ? "That is all of this time." : "That is all.";
    case "failed":
      return "";
  }
}

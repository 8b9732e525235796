import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { createLogReading } from "./log-reading.ts";
import { createLogRows, type LogRows } from "./log-rows.ts";
import type { LogWish } from "./log-wish.ts";
import { type LogState, readLog } from "./read-log.ts";

/** A page that drew each line as it comes would do nothing else. */
const DRAW_MS = 80;

/** A log that is read. */
export interface ReadingLog {
  readonly rows: LogRows;
  /** Another one whenever something has come. */
  readonly version: number;
  readonly state: LogState;
  pause(): void;
  /** After a pause, or where it failed. */
  goOn(): void;
  /** The next lines, where there are more. */
  more(): void;
}

/** Reads a log as long as the component is there; another name or wish begins anew. */
export function useLog(name: string, wish: LogWish): ReadingLog {
  const key = JSON.stringify([name, wish]);
  const kept = useMemo(() => {
    const rows = createLogRows();
    return { rows, reading: createLogReading(rows) };
  }, [key]);
  const [state, setState] = useState<LogState>({ kind: "reading" });
  const [version, setVersion] = useState(0);
  const stop = useRef<() => void>(() => undefined);

  const start = useCallback(
    (how: "go-on" | "more" = "go-on") => {
      stop.current();
      const abort = new AbortController();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const draw = () => {
        timer = undefined;
        setVersion((before) => before + 1);
      };
      stop.current = () => {
        abort.abort();
        if (timer !== undefined) {
          clearTimeout(timer);
          draw();
        }
      };
      const { reading } = kept;
      const onLines = () => {
        timer ??= setTimeout(draw, DRAW_MS);
      };
      void readLog({ name, wish, reading, signal: abort.signal, onState: setState, onLines }, how);
    },
    [kept],
  );
  useEffect(() => {
    start();
    return () => stop.current();
  }, [start]);

  const pause = useCallback(() => {
    stop.current();
    setState({ kind: "paused" });
  }, []);
  return { rows: kept.rows, version, state, pause, goOn: start, more: () => start("more") };
}

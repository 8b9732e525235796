import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { changeQuery } from "../../state/place.ts";
import { theme } from "../../state/theme.ts";
import { count, duration } from "../../ui/format.ts";
import { onlyThese } from "./event-filter.ts";
import { momentOf } from "./event-text.ts";
import type { Feed } from "./follow-events.ts";
import { type Grid, type GridRow, gridOf, type RowKind } from "./timeline-grid.ts";

const COLUMNS = 240;
const STRIP_HEIGHT = 24;
/** To count all the events takes its time. */
const COUNT_EVERY_MS = 1_000;

/** Calls over time, a strip for each call or thread: the darker, the more; red where they fail. */
export function Timeline({ feed, query }: { feed: Feed; query: URLSearchParams }) {
  const kind: RowKind = query.get("by") === "thread" ? "thread" : "call";
  const version = useNowAndThen(feed.version);
  const grid = useMemo(() => gridOf(feed.store, kind, COLUMNS), [feed, kind, version]);
  return (
    <>
      <div class="bar">
        <label>
          A strip for each
          <select value={kind} onChange={({ currentTarget }) => changeQuery({ by: currentTarget.value })}>
            <option value="call">call</option>
            <option value="thread">thread</option>
          </select>
        </label>
        <span class="dim">
          The stronger the colour, the more calls; red where they fail. Click to see the lines of that time.
        </span>
      </div>
      {grid === undefined ? <p class="dim">No call yet.</p> : <Strips grid={grid} kind={kind} />}
    </>
  );
}

/** The value of a signal, now and then; the last one is always seen. */
function useNowAndThen<T>(source: Signal<T>): T {
  const [value, setValue] = useState(source.peek());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = () => {
      timer = undefined;
      setValue(source.peek());
    };
    const forget = source.subscribe(() => {
      timer ??= setTimeout(take, COUNT_EVERY_MS);
    });
    return () => {
      forget();
      clearTimeout(timer);
    };
  }, [source]);
  return value;
}

function Strips({ grid, kind }: { grid: Grid; kind: RowKind }) {
  const { from, to, rows, omitted } = grid;
  return (
    <>
      <ul class="trace-strips">
        {rows.map((row) => (
          <li key={row.name}>
            <span class="trace-strip-name">
              <code>{row.name}</code> <span class="dim">{count(row.total)}</span>
            </span>
            <Strip row={row} grid={grid} kind={kind} />
          </li>
        ))}
      </ul>
      <p class="bar dim">
        <span>{momentOf(from)}</span>
        <span class="end">
          {momentOf(to)}, {duration((to - from) * 1_000)} later
        </span>
      </p>
      {omitted === 0 ? null : <p class="dim">{count(omitted)} with fewer calls are left out.</p>}
    </>
  );
}

function Strip({ row, grid, kind }: { row: GridRow; grid: Grid; kind: RowKind }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shade = theme();
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, row, grid.most);
  }, [row, grid, shade]);
  const show = (share: number) => {
    const time = grid.from + share * (grid.to - grid.from);
    const filter = kind === "call" ? { calls: row.name } : { tid: row.name };
    changeQuery({ ...onlyThese(filter), tab: undefined, at: time.toFixed(6) });
  };
  const failed = row.errors.reduce((sum, each) => sum + each, 0);
  return (
    <button
      type="button"
      class="trace-strip"
      aria-label={`${row.name}: ${count(row.total)} calls, ${count(failed)} failed. Show its lines`}
      onClick={(event) => {
        const { left, width } = event.currentTarget.getBoundingClientRect();
        // By the keyboard there is no place: from the beginning.
        show(event.detail === 0 ? 0 : Math.max(0, (event.clientX - left) / width));
      }}
    >
      <canvas ref={canvas} width={COLUMNS} height={STRIP_HEIGHT} />
    </button>
  );
}

function draw(canvas: HTMLCanvasElement, { counts, errors }: GridRow, most: number): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const style = getComputedStyle(canvas);
  const [good, bad] = [style.getPropertyValue("--trace-call"), style.getPropertyValue("--trace-error")];
  context.clearRect(0, 0, canvas.width, canvas.height);
  counts.forEach((amount, column) => {
    if (amount === 0) return;
    // By the logarithm: one call among thousands is seen, too.
    context.globalAlpha = 0.25 + 0.75 * (Math.log1p(amount) / Math.log1p(most));
    context.fillStyle = good;
    context.fillRect(column, 0, 1, canvas.height);
    const share = (errors[column] ?? 0) / amount;
    if (share === 0) return;
    context.globalAlpha = 1;
    context.fillStyle = bad;
    const height = Math.max(3, share * canvas.height);
    context.fillRect(column, canvas.height - height, 1, height);
  });
}

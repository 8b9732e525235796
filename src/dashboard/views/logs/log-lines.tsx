import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { two } from "../../ui/format.ts";
import { VirtualList } from "../../ui/virtual-list.tsx";
import { findIn, listedText, partOf } from "./line-text.ts";
import type { LineRow, LogRow } from "./log-rows.ts";
import type { LogWish } from "./log-wish.ts";
import { flatLayout, type ListRow, MAX_PARTS, wrappedLayout } from "./row-layout.ts";
import type { ReadingLog } from "./use-log.ts";

const ROW_PX = 24;
/** What is drawn of a line that is not wrapped. */
const FLAT_COLUMNS = 1_500;
/** A line is as wide as it is: so many characters are measured. */
const PROBE = "x".repeat(50);

export interface LogLinesProps {
  readonly log: ReadingLog;
  readonly wish: LogWish;
  readonly isWrapped: boolean;
  /** The cursor of a line to be brought into view. */
  readonly marked: string | null;
  readonly chosen: LineRow | undefined;
  readonly choose: (row: LineRow) => void;
}

/** The lines, the latest in view until one scrolls away. */
export function LogLines({ log, wish, isWrapped, marked, chosen, choose }: LogLinesProps) {
  const { rows, version } = log;
  const [follow, setFollow] = useState(wish.since === undefined && wish.until === undefined);
  const box = useRef<HTMLDivElement>(null);
  const columns = useColumns(box);
  const layout = useMemo(
    () => (isWrapped ? wrappedLayout(rows, columns) : flatLayout(rows)),
    [rows, version, isWrapped, columns],
  );
  const markedAt = useMarked(log, marked);
  useEffect(() => setFollow(wish.since === undefined && wish.until === undefined), [wish]);

  const { grep, ignoreCase, invert } = wish.choice;
  const found = invert === "true" || grep === undefined ? undefined : String(grep);
  const draw = (index: number) => {
    const at = layout.row(index);
    const row = rows.at(at.index);
    if (row === undefined) return null;
    if (row.kind === "note") return <div class="log-note">{at.part === 0 ? row.text : ""}</div>;
    const isMarked = row === chosen || row.cursor === marked;
    return (
      <div class={`log-row ${row.level ?? "none"} ${isMarked ? "marked" : ""}`}>
        <Gutter row={row} isFirst={at.part === 0} onClick={() => choose(row)} />
        <span class="log-text">
          {findIn(textOf(row, at, isWrapped ? columns : undefined), found, ignoreCase === "true").map(
            ({ text, isFound }, piece) => (isFound ? <mark key={piece}>{text}</mark> : text),
          )}
          <End row={row} at={at} columns={isWrapped ? columns * MAX_PARTS : FLAT_COLUMNS} />
        </span>
      </div>
    );
  };
  return (
    <div class={`log-lines ${isWrapped ? "wrapped" : ""}`} ref={box}>
      <span class="log-probe" aria-hidden="true">
        {PROBE}
      </span>
      <VirtualList
        label="Lines of the log"
        length={layout.length}
        rowHeight={ROW_PX}
        row={draw}
        follow={follow}
        onFollow={setFollow}
        idOf={(index) => idOf(rows.at(layout.row(index).index), layout.row(index))}
        reveal={markedAt === undefined ? undefined : layout.rowOf(markedAt)}
      />
      {follow || rows.length === 0 ? null : (
        <button type="button" class="quiet small log-to-end" onClick={() => setFollow(true)}>
          ↓ To the latest
        </button>
      )}
    </div>
  );
}

function idOf(row: LogRow | undefined, { part }: ListRow): unknown {
  return row?.kind === "line" ? `${row.cursor} ${part}` : row;
}

function textOf(row: LineRow, { part }: ListRow, columns: number | undefined): string {
  return columns === undefined
    ? listedText(row.text).slice(0, FLAT_COLUMNS)
    : partOf(row.text, part, columns);
}

/** Colour alone tells not everybody: the level is a word too. */
function Gutter({ row, isFirst, onClick }: { row: LineRow; isFirst: boolean; onClick: () => void }) {
  if (!isFirst) return <span class="log-gutter" />;
  const time = row.time === null ? undefined : timeOf(row.time);
  const level = row.level?.toUpperCase() ?? "";
  return (
    <button
      type="button"
      class="log-gutter"
      aria-label={`Look at this line${time === undefined ? "" : `, ${time}`}${level === "" ? "" : `, ${level}`}`}
      title={row.time ?? "It says no time"}
      onClick={onClick}
    >
      <span class="log-time">{time ?? "·"}</span> <span class="log-level">{level}</span>
    </button>
  );
}

function End({ row, at, columns }: { row: LineRow; at: ListRow; columns: number }) {
  if (!at.isLast) return null;
  if (row.isCut === true || row.width > columns) return <span class="log-mark"> … the line is longer</span>;
  return row.isOpen === true ? <span class="log-mark"> … not ended yet</span> : null;
}

/** By the clock of whoever reads, to the millisecond; with the day where that is not today. */
function timeOf(iso: string): string {
  const time = new Date(iso);
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
  if (time.toDateString() === new Date().toDateString()) return clock;
  return `${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`;
}

/** Where the line with a cursor is, once it is there. */
function useMarked({ rows, version }: ReadingLog, cursor: string | null): number | undefined {
  return useMemo(() => {
    if (cursor === null) return undefined;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows.at(index);
      if (row?.kind === "line" && row.cursor === cursor) return index;
    }
    return undefined;
  }, [rows, version, cursor]);
}

/** How many characters fit beside the time and the level. */
function useColumns(box: { current: HTMLDivElement | null }): number {
  const [columns, setColumns] = useState(80);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const probe = element.querySelector(".log-probe");
      const width = (probe?.getBoundingClientRect().width ?? 0) / PROBE.length;
      const style = getComputedStyle(element);
      const gutter = Number.parseFloat(style.getPropertyValue("--gutter-ch")) || 0;
      // The scrollbar, and what is around.
      const room = element.clientWidth - 32 - gutter * width;
      if (width > 0) setColumns(Math.max(20, Math.floor(room / width)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return columns;
}

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** How many rows are drawn beyond what is seen, above and below. */
const MARGIN = 12;
/** A row must be so near the end that the list counts as being there. */
const AT_END_PX = 4;
/** No browser draws an element taller than some 16 to 33 million pixels: beyond that, rows are scrolled by their share. */
const MAX_HEIGHT_PX = 15_000_000;

export interface VirtualListProps {
  /** What the list is, for who hears the page. */
  readonly label: string;
  readonly length: number;
  readonly rowHeight: number;
  /** Draws a row; it must be `rowHeight` high. */
  readonly row: (index: number) => ComponentChildren;
  /** Keeps the end in view while rows are added, until one scrolls away from it. */
  readonly follow?: boolean;
  readonly onFollow?: (isAtEnd: boolean) => void;
  /** What a row is, where that is not its index: rows at the beginning are let go. */
  readonly idOf?: (index: number) => unknown;
  /** Brings this row into view whenever it changes. */
  readonly reveal?: number | undefined;
}

/** A list of any length, of which only the rows that are seen are in the document. Scrolls by keyboard too. */
export function VirtualList(props: VirtualListProps) {
  const { label, length, rowHeight, row, reveal } = props;
  const box = useRef<HTMLElement>(null);
  const fullHeight = length * rowHeight;
  const height = Math.min(fullHeight, MAX_HEIGHT_PX);
  const { view, onScroll } = useScroll(box, props);
  const holding = useHeldFocus(box, props);
  useLayoutEffect(() => {
    const element = box.current;
    if (reveal === undefined || element === null) return;
    const middle = reveal * rowHeight - (element.clientHeight - rowHeight) / 2;
    element.scrollTop = middle * (fullHeight === 0 ? 1 : height / fullHeight);
  }, [reveal]);

  const { first, last, offset } = windowOf({ ...view, length, rowHeight });
  const drawn = Math.max(0, last - first);
  // As many at the end of the list, where fewer are drawn: what stays in view keeps its elements, and the focus.
  const slots = Math.ceil(view.height / rowHeight) + 2 * MARGIN + 1;
  const rows = Array.from({ length: drawn }, (_, index) => (
    // By its place in the window: a row that comes into view takes the elements of one that left, which is much quicker.
    <li
      key={(first + index) % slots}
      class="row"
      aria-setsize={length}
      aria-posinset={first + index + 1}
      style={{ height: `${rowHeight}px` }}
    >
      {row(first + index)}
    </li>
  ));
  return (
    <section
      class="virtual-list"
      ref={box}
      onScroll={onScroll}
      {...holding}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
      tabIndex={0}
    >
      <div class="whole" style={{ height: `${height}px` }}>
        <ol style={{ transform: `translateY(${offset}px)` }}>{rows}</ol>
      </div>
    </section>
  );
}

interface Box {
  readonly current: HTMLElement | null;
}

/** What is seen of the list; the end, while that is followed. */
function useScroll(box: Box, { length, rowHeight, follow = false, onFollow }: VirtualListProps) {
  const [view, setView] = useState({ top: 0, height: 0 });
  const size = useRef("");
  const following = useRef(follow);
  following.current = follow;
  const look = (element: HTMLElement) => {
    size.current = sizeOf(element);
    setView({ top: element.scrollTop, height: element.clientHeight });
  };
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      // Before a scroll event of earlier finds the list away from its end.
      if (following.current) element.scrollTop = element.scrollHeight;
      look(element);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (box.current === null) return;
    size.current = sizeOf(box.current);
    if (follow) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, length, rowHeight, view.height]);

  const onScroll = () => {
    const element = box.current;
    if (element === null) return;
    // What the browser scrolls where the list has become another size says nothing of what one wants to see.
    const isResized = size.current !== sizeOf(element);
    if (isResized && follow) element.scrollTop = element.scrollHeight;
    look(element);
    if (isResized) return;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - AT_END_PX;
    const isWanted = isAtEnd && rowIn(element) === undefined;
    if (isWanted !== follow) onFollow?.(isWanted);
  };
  return { view, onScroll };
}

/** A row that one is on by keyboard is not taken away, and its elements do not become another row's under one's hands. */
function useHeldFocus(box: Box, { follow = false, onFollow, idOf = itself }: VirtualListProps) {
  const focused = useRef<{ readonly id: unknown } | undefined>(undefined);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || focused.current === undefined) return;
    const index = rowIn(element);
    // Enter would act on what one has not chosen; from the list itself one goes on by keyboard.
    if (index === undefined || idOf(index) !== focused.current.id) element.focus({ preventScroll: true });
  });
  return {
    onFocusIn() {
      const index = box.current === null ? undefined : rowIn(box.current);
      focused.current = index === undefined ? undefined : { id: idOf(index) };
      if (index !== undefined && follow) onFollow?.(false);
    },
    onFocusOut() {
      focused.current = undefined;
    },
  };
}

const itself = (index: number) => index;

function sizeOf({ clientHeight, scrollHeight }: HTMLElement): string {
  return `${clientHeight} ${scrollHeight}`;
}

/** The index of the row that has the focus. */
function rowIn(list: HTMLElement): number | undefined {
  const { activeElement } = document;
  const row = list.contains(activeElement) ? activeElement?.closest("li.row") : undefined;
  return row == null ? undefined : Number(row.getAttribute("aria-posinset")) - 1;
}

/** Which rows are drawn, from `first` up to and without `last`, and how far down. */
export function windowOf(all: {
  readonly top: number;
  readonly height: number;
  readonly length: number;
  readonly rowHeight: number;
}): { readonly first: number; readonly last: number; readonly offset: number } {
  const { top, height, length, rowHeight } = all;
  const shown = Math.ceil(height / rowHeight);
  const full = length * rowHeight;
  const drawn = Math.min(full, MAX_HEIGHT_PX);
  // By its share of what can be scrolled, a row is where the scrollbar says, whatever was left out.
  const share = drawn > height ? Math.min(1, top / (drawn - height)) : 0;
  const position = full > drawn ? share * (full - height) : top;
  const firstSeen = Math.max(0, Math.min(Math.floor(position / rowHeight), length - shown));
  const first = Math.max(0, firstSeen - MARGIN);
  const last = Math.min(length, firstSeen + shown + MARGIN + 1);
  const offset = full > drawn ? top - (position - first * rowHeight) : first * rowHeight;
  return { first, last, offset };
}

import type { ComponentChildren } from "preact";
import { Scroll } from "./scroll.tsx";

/** The head of a column; `isNumber` puts it to the right. */
export interface ColumnHead {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** A table that scrolls by itself where it is wider than the page. `children` are its rows. */
export function ScrollTable(props: {
  /** What the table is, for who hears the page. */
  label: string;
  class?: string;
  heads: readonly ColumnHead[];
  children: ComponentChildren;
}) {
  const { label, class: extra = "", heads, children } = props;
  return (
    <Scroll label={label} class={extra}>
      <table>
        <thead>
          <tr>
            {heads.map(({ title, isNumber = false }) => (
              <th key={title} scope="col" class={isNumber ? "number" : ""}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  );
}

/** Heads from their titles: the first ones of text, then numbers. */
export function headsOf(texts: readonly string[], numbers: readonly string[] = []): readonly ColumnHead[] {
  return [...texts.map((title) => ({ title })), ...numbers.map((title) => ({ title, isNumber: true }))];
}

/** A cell with a figure. */
export function Figure({ children }: { children: ComponentChildren }) {
  return <td class="number nowrap">{children}</td>;
}

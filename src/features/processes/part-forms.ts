import { printable } from "../../base/printable.ts";
import { html, type Page, renderPage } from "../../web/page.ts";
import { textTable } from "../../web/text-table.ts";
import { topBar } from "../../web/top-bar.ts";

/** A part of a process as a table, for people. */
export interface PartView {
  readonly facts: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  readonly rightAligned?: readonly string[];
}

/** What all parts have in common. */
export interface PartAnswer {
  readonly pid: number;
  readonly name: string;
  readonly startTime: string;
  readonly unreadable: readonly { field: string; reason: string; remedy?: string | null | undefined }[];
}

/** The part as a table of text. */
export function partText(title: string, answer: PartAnswer, view: PartView): string {
  const table =
    view.rows.length === 0 ? [] : textTable(view.columns, cellsOf(view), new Set(view.rightAligned));
  return [...headings(title, answer, view).map((line) => `# ${line}`), ...table, ""].join("\n");
}

/** The part as a page. */
export function partPage(title: string, answer: PartAnswer, view: PartView): Page {
  const [first = "", ...rest] = headings(title, answer, view);
  return renderPage({
    title: first,
    body: html`${topBar("../../")}<main><h1>${first}</h1><p><a href="../${answer.pid}">The process</a> · <a href="../../processes">All processes</a></p>
${rest.map((line) => html`<p>${line}</p>`)}
<table><thead><tr>${view.columns.map((column) => html`<th>${column}`)}</tr></thead>
<tbody>${cellsOf(view).map((row) => html`<tr>${row.map((cell) => html`<td><code>${cell}</code>`)}</tr>`)}</tbody></table></main>`,
  });
}

function headings(title: string, answer: PartAnswer, { facts }: PartView): string[] {
  return [
    `${title} of process ${answer.pid} (${answer.name}), since ${answer.startTime}`,
    ...facts,
    ...answer.unreadable.map(
      ({ field, reason, remedy }) =>
        `${field}: ${reason}${remedy == null ? "" : `. What mends it: ${remedy}`}`,
    ),
  ].map(printable);
}

function cellsOf({ rows }: PartView): string[][] {
  return rows.map((row) => row.map((cell) => (cell === null ? "-" : printable(String(cell)))));
}

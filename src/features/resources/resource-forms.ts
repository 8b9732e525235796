import { type Html, html, type Page, renderPage } from "../../web/page.ts";
import { textTable } from "../../web/text-table.ts";
import { topBar } from "../../web/top-bar.ts";
import type { ResourceReport } from "./resource-schema.ts";
import { type Section, sectionsOf } from "./resource-sections.ts";
import { sparkline } from "./sparkline.ts";

/** The report for people: as aligned text and as a page. */

/** A course of figures that the page draws, from 0 at the bottom to the highest of them. */
export interface Course {
  readonly title: string;
  readonly values: readonly (number | null)[];
}

/** The report as text, for a terminal. */
export function reportText(report: ResourceReport): string {
  const tables = sectionsOf(report).flatMap(({ title, columns, rows, rightAligned }) => [
    "",
    `# ${title}`,
    ...textTable(columns, rows, rightAligned),
  ]);
  return [...headings(report).map((text) => `# ${text}`), ...tables, ""].join("\n");
}

/** The report as a page, with the last minutes drawn. */
export function reportPage(report: ResourceReport, courses: readonly Course[]): Page {
  return renderPage({
    title: "Resources",
    body: html`${topBar("./")}<main><h1>Resources of the app</h1>
${headings(report).map((text) => html`<p>${text}</p>`)}
${courses.map(({ title, values }) => html`<h2>${title}</h2>${sparkline(title, values)}`)}
<p>History as JSON: <a href="resources/history?window=5m">5 minutes</a>, <a href="resources/history?window=1h">an hour</a>, <a href="resources/history?window=24h">a day</a>; as CSV with <code>Accept: text/csv</code>.</p>
${sectionsOf(report).map((section) => tableOf(section))}</main>`,
  });
}

function headings({ process, reason, remedy, cgroup, time }: ResourceReport): string[] {
  if (process === null) {
    return [
      `The app's resources are not known: ${reason ?? ""}`,
      ...(remedy === null ? [] : [`What mends it: ${remedy}`]),
    ];
  }
  const where = cgroup === null ? "" : `, in the cgroup ${cgroup.path} (${cgroup.version})`;
  return [
    `At ${time}: process ${process.pid}, since ${process.startTime}${where}.`,
    `It is the app's main one: ${process.foundBy}.`,
  ];
}

function tableOf({ title, columns, rows }: Section): Html {
  return html`<h2>${title}</h2><table><thead><tr>${columns.map((each) => html`<th>${each}`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, index) => cellOf(columns[index] ?? "", cell))}</tr>`)}</tbody></table>`;
}

const NEAR_PERCENT = 75;
const AT_PERCENT = 90;

function cellOf(column: string, cell: string): Html {
  if (column !== "OF LIMIT" && column !== "FULL") return html`<td>${cell}`;
  const percent = Number.parseFloat(cell);
  if (percent >= AT_PERCENT) return html`<td class="bad">${cell}`;
  return percent >= NEAR_PERCENT ? html`<td class="fair">${cell}` : html`<td>${cell}`;
}

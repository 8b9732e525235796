import { printable } from "../../base/printable.ts";
import { html, type Page, renderPage } from "../../web/page.ts";
import { textTable } from "../../web/text-table.ts";
import { topBar } from "../../web/top-bar.ts";
import type { JvmDetail, JvmListAnswer, JvmSummary } from "./jvm-schema.ts";

/** The JVMs for people: as aligned text and as pages. */

const COLUMNS = ["PID", "VERSION", "UPTIME", "HEAP", "COMMITTED", "MAX", "GC", "THREADS", "COMMAND"];
const RIGHT_ALIGNED = new Set(["PID", "UPTIME", "HEAP", "COMMITTED", "MAX", "GC", "THREADS"]);

/** The list as a table of text. GC is its share of the time since the start. */
export function jvmsText(list: JvmListAnswer): string {
  const table = list.jvms.length === 0 ? [] : textTable(COLUMNS, list.jvms.map(cells), RIGHT_ALIGNED);
  return [...notesOf(list).map((note) => `# ${note}`), ...table, ""].join("\n");
}

/** The list as a page. */
export function jvmsPage(list: JvmListAnswer): Page {
  const rows = list.jvms.map((each) => {
    const [pid = "", ...rest] = cells(each);
    return html`<tr><td class="fit"><a href="jvm/${pid}">${pid}</a>${rest.map((cell) => html`<td>${cell}`)}</tr>`;
  });
  return renderPage({
    title: "JVMs",
    body: html`${topBar("./")}<main><h1>The app's JVMs</h1>${notesOf(list).map((note) => html`<p>${note}</p>`)}
<table><thead><tr>${COLUMNS.map((title) => html`<th>${title}`)}</tr></thead><tbody>${rows}</tbody></table></main>`,
  });
}

/** One JVM as text: a line for each figure. */
export function jvmText(detail: JvmDetail): string {
  const facts = factsOf(detail);
  const width = Math.max(...facts.map(([name]) => name.length));
  return [...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`), ""].join("\n");
}

/** One JVM as a page. */
export function jvmPage(detail: JvmDetail): Page {
  const rows = factsOf(detail).map(([name, value]) => html`<tr><th>${name}<td><code>${value}</code></tr>`);
  return renderPage({
    title: `JVM ${detail.pid}`,
    body: html`${topBar("../")}<main><h1>JVM ${detail.pid}: ${printable(detail.name)}</h1>
<p><a href="../jvm">All JVMs</a> · <a href="../processes/${detail.pid}">The process</a></p>
<table><tbody>${rows}</tbody></table></main>`,
  });
}

function notesOf({ reason, remedy, omitted, jvms }: JvmListAnswer): string[] {
  return [
    ...(reason === null ? [] : [`Not all JVMs of the app are known: ${reason}`]),
    ...(remedy === null ? [] : [`What mends it: ${remedy}`]),
    ...(reason === null && jvms.length === 0 ? ["None of the app's processes is a JVM."] : []),
    ...(omitted === 0 ? [] : [`${omitted} further JVMs are not shown.`]),
  ];
}

function cells(each: JvmSummary): string[] {
  return [
    String(each.pid),
    printable(each.version ?? "-"),
    `${Math.floor(each.uptimeSeconds)}s`,
    ...[mebibytes(each.heapUsedBytes), mebibytes(each.heapCommittedBytes), mebibytes(each.heapMaxBytes)],
    percentage(each.gcShare),
    String(each.threads ?? "-"),
    printable(each.command ?? each.unreadable[0]?.reason ?? "-"),
  ];
}

/** Every figure by its path, with its value; then why some are null. */
function factsOf(detail: JvmDetail): [string, string][] {
  const { figures, unreadable, ...common } = detail;
  return [
    ...leavesOf("", common),
    ...(figures === null ? [] : leavesOf("", figures)),
    ...unreadable.map(({ field, reason, remedy }): [string, string] => [
      field,
      printable(`unknown: ${reason}${remedy === null ? "" : `. What mends it: ${remedy}`}`),
    ]),
  ];
}

function leavesOf(path: string, value: unknown): [string, string][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [[path, printable(String(value))]];
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return [[path, printable(value.join(" "))]];
  }
  return Object.entries(value).flatMap(([key, each]) => leavesOf(path === "" ? key : `${path}.${key}`, each));
}

function mebibytes(bytes: number | null): string {
  return bytes === null ? "-" : `${(bytes / 1_048_576).toFixed(1)}M`;
}

function percentage(share: number | null): string {
  return share === null ? "-" : `${(share * 100).toFixed(2)}%`;
}

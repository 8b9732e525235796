import { printable } from "../../base/printable.ts";
import { type Html, html, type Page, renderPage } from "../../web/page.ts";
import { textTable } from "../../web/text-table.ts";
import { topBar } from "../../web/top-bar.ts";
import { printCommandLine } from "./command-line.ts";
import type { ProcessDetail, ProcessList, ProcessSummary } from "./process-schema.ts";

/** The processes for people: as aligned text and as a page. */

const COLUMNS = ["PID", "PPID", "USER", "STATE", "STARTED", "THREADS", "RSS", "CPU", "COMMAND"];
const RIGHT_ALIGNED = new Set(["PID", "PPID", "THREADS", "RSS", "CPU"]);

/** The list as a table of text. CPU is the average since the start of each process. */
export function listText(list: ProcessList): string {
  const rows = list.processes.map((each) => cells(each));
  const table = textTable(COLUMNS, rows, RIGHT_ALIGNED);
  return [...headings(list).map((text) => `# ${text}`), ...table, ""].join("\n");
}

/** One process as text: a line for each thing that is told of it. */
export function detailText(detail: ProcessDetail): string {
  const facts = factsOf(detail);
  const width = Math.max(...facts.map(([name]) => name.length));
  return [...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`), ""].join("\n");
}

/** The list as a page: the app's main process first, kernel threads left out, links to each and its system calls. */
export function listPage(list: ProcessList): Page {
  const shown = list.processes.filter((each) => !each.isKernelThread);
  const rows = shown.toSorted((a, b) => Number(b.isMain) - Number(a.isMain) || a.pid - b.pid).map(pageRow);
  const left = list.processes.length - shown.length;
  const note = left === 0 ? html`` : html`<p class="dim">${left} kernel threads are not shown.</p>`;
  return renderPage({
    title: "Processes",
    body: html`${topBar("./")}<main><h1>Processes</h1>${headings(list).map((text) => html`<p>${text}</p>`)}
<table><thead><tr>${COLUMNS.map((title) => html`<th>${title}`)}</tr></thead><tbody>${rows}</tbody></table>${note}</main>`,
  });
}

function pageRow(each: ProcessSummary): Html {
  const [pid = "", ...rest] = cells(each);
  const commandCell = rest.pop() ?? "";
  const trace = each.isSidecar ? html`` : html` <a href="strace/${pid}">strace</a>`;
  return html`<tr><td class="fit"><a href="processes/${pid}">${pid}</a>${trace}${rest.map(
    (cell) => html`<td class="fit">${cell}`,
  )}<td><code>${commandCell}</code></tr>`;
}

/** One process as a page. */
export function detailPage(detail: ProcessDetail): Page {
  const facts: Html[] = factsOf(detail).map(
    ([name, value]) => html`<tr><th>${name}<td><code>${value}</code></tr>`,
  );
  return renderPage({
    title: `Process ${detail.pid}`,
    body: html`${topBar("../")}<main><h1>Process ${detail.pid}: ${printable(detail.name)}</h1>
<p><a href="../strace/${detail.pid}">Its system calls, now</a> · <a href="../processes">All processes</a></p>
<table><tbody>${facts}</tbody></table></main>`,
  });
}

function headings({ main, mainReason, remedy, sharedPidNamespace }: ProcessList): string[] {
  if (main !== null) return [`The app's main process is ${main.pid}: ${main.foundBy}.`];
  const shared = sharedPidNamespace === false ? "The PID namespace of the app is not shared. " : "";
  return [
    `${shared}The app's main process is not known: ${mainReason ?? ""}`,
    ...(remedy === null ? [] : [`What mends it: ${remedy}`]),
  ];
}

function cells(each: ProcessSummary): string[] {
  return [
    String(each.pid),
    String(each.parentPid),
    printable(each.user ?? String(each.uid ?? "?")),
    each.stateLetter,
    each.startTime.replace(/\.\d+Z$/, "Z"),
    String(each.threads),
    each.rssBytes === null ? "-" : mebibytes(each.rssBytes),
    each.cpuPercentSinceStart === null ? "-" : `${each.cpuPercentSinceStart.toFixed(1)}%`,
    command(each),
  ];
}

/** As ps(1) does: a name in brackets where there is no command line. */
function command({ commandLine, name, isMain, isSidecar }: ProcessSummary): string {
  const line =
    commandLine === null || commandLine.length === 0 ? `[${printable(name)}]` : printCommandLine(commandLine);
  return `${line}${isMain ? "  <- the app's main process" : ""}${isSidecar ? "  <- the sidecar" : ""}`;
}

function factsOf(detail: ProcessDetail): [string, string][] {
  const reasons = new Map(detail.unreadable.map(({ field, reason }) => [field, reason]));
  const or = (field: string, value: string | null) =>
    printable(value ?? `unknown: ${reasons.get(field) ?? "no reason is known"}`);
  const named = (list: readonly { pid: number; name: string }[]) =>
    list.length === 0 ? "none" : printable(list.map(({ pid, name }) => `${pid} ${name}`).join(", "));
  return [
    ["pid", String(detail.pid)],
    ["name", printable(detail.name)],
    ["belongs to", detail.isMain ? "the app: its main process" : detail.isSidecar ? "the sidecar" : "-"],
    ["command line", command({ ...detail, isMain: false, isSidecar: false })],
    ["executable", or("executable", detail.executable)],
    ["user", `${printable(detail.user ?? "?")} (uid ${detail.uid ?? "?"})`],
    ["state", `${detail.state} (${detail.stateLetter})`],
    ["started", detail.startTime],
    ["ancestors", named(detail.ancestors)],
    ["children", named(detail.children)],
    ["tracer", detail.tracer === null ? "none" : named([detail.tracer])],
    ["threads", String(detail.threads)],
    ["resident memory", or("rssBytes", detail.rssBytes === null ? null : `${detail.rssBytes} bytes`)],
    ["CPU time", `${detail.cpuTimeNs / 1_000_000_000} s`],
    [
      "CPU since start",
      or(
        "cpuPercentSinceStart",
        detail.cpuPercentSinceStart === null ? null : `${detail.cpuPercentSinceStart} %`,
      ),
    ],
    ["open files", or("openFiles", detail.openFiles === null ? null : String(detail.openFiles))],
    ...Object.entries(detail.namespaces).map(([kind, value]): [string, string] => [
      `namespace ${kind}`,
      or(`namespaces.${kind}`, value),
    ]),
    ...(detail.limits ?? []).map(({ name, soft, hard, unit }): [string, string] => [
      `limit ${name}`,
      `${soft}, at most ${hard}${unit === null ? "" : ` ${unit}`}`,
    ]),
  ];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)}M`;
}

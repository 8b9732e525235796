import { printCommandLine } from "../../base/command-line.ts";
import { printable } from "../../base/printable.ts";
import { type Html, html, type Page, renderPage } from "../../web/page.ts";
import { textTable } from "../../web/text-table.ts";
import { topBar } from "../../web/top-bar.ts";
import { drawnDepths } from "./arrange-processes.ts";
import type { ProcessDetail, ProcessList, ProcessSummary } from "./process-schema.ts";

/** The processes for people: as aligned text and as a page. */

const COLUMNS = [
  ...["PID", "PPID", "USER", "STATE", "STARTED", "THREADS", "RSS", "SWAP", "FILES"],
  ...["READ/S", "WRITE/S", "CPU", "NOW", "COMMAND"],
];
/** On the page the command stands where it is seen without scrolling. */
const PAGE_COLUMNS = ["PID", "COMMAND", ...COLUMNS.slice(1, -1)];
const RIGHT_ALIGNED = new Set([
  "PID",
  "PPID",
  "THREADS",
  "RSS",
  "SWAP",
  "FILES",
  "READ/S",
  "WRITE/S",
  "CPU",
  "NOW",
]);
/** What the page sorts by where the title of a column is chosen. */
const SORTED_BY: ReadonlyMap<string, string> = new Map([
  ...([
    ["PID", "pid"],
    ["USER", "user"],
    ["STATE", "state"],
    ["STARTED", "started"],
  ] as const),
  ...([
    ["THREADS", "threads"],
    ["RSS", "rss"],
    ["SWAP", "swap"],
    ["FILES", "files"],
    ["READ/S", "readrate"],
    ["WRITE/S", "writerate"],
  ] as const),
  ...([
    ["NOW", "cpu"],
    ["COMMAND", "name"],
  ] as const),
]);

/** How the list is shown. */
export interface ListStyle {
  /** Drawn as a tree: the list is in the order of one. */
  readonly isTree: boolean;
  /** Whether an order was asked for; else the page begins with the app's main process. */
  readonly isSorted: boolean;
}

/** The list as a table of text. CPU is the average since the start of each process; NOW and the rates are over the interval. */
export function listText(list: ProcessList, { isTree }: ListStyle): string {
  const depths = isTree ? drawnDepths(list.processes) : undefined;
  const rows = list.processes.map((each) => cells(each, depths?.get(each.pid)));
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
export function listPage(list: ProcessList, { isTree, isSorted }: ListStyle): Page {
  const shown = list.processes.filter((each) => !each.isKernelThread);
  const inOrder =
    isTree || isSorted
      ? shown
      : shown.toSorted((a, b) => Number(b.isMain) - Number(a.isMain) || a.pid - b.pid);
  const depths = isTree ? drawnDepths(inOrder) : undefined;
  const rows = inOrder.map((each) => pageRow(each, depths?.get(each.pid)));
  const left = list.processes.length - shown.length;
  const note = left === 0 ? html`` : html`<p class="dim">${left} kernel threads are not shown.</p>`;
  return renderPage({
    title: "Processes",
    body: html`${topBar("./")}<main><h1>Processes</h1>${headings(list).map((text) => html`<p>${text}</p>`)}
<p><a href="processes?tree=true">As a tree</a> · <a href="processes/top">The busiest</a>. CPU is the average since the start; NOW, READ/S and WRITE/S (from and to storage) are over ${list.intervalMs} ms.</p>
<table><thead><tr>${PAGE_COLUMNS.map((title) => html`<th>${headOf(title)}`)}</tr></thead><tbody>${rows}</tbody></table>${note}</main>`,
  });
}

function headOf(title: string): Html {
  const key = SORTED_BY.get(title);
  return key === undefined ? html`${title}` : html`<a href="processes?sort=${key}">${title}</a>`;
}

function pageRow(each: ProcessSummary, depth: number | undefined): Html {
  const [pid = "", ...rest] = cells(each, depth);
  const commandCell = rest.pop() ?? "";
  const trace = each.isSidecar ? html`` : html` <a href="strace/${pid}">strace</a>`;
  return html`<tr><td class="fit"><a href="processes/${pid}">${pid}</a>${trace}
<td class="line"><code title="${commandCell}">${commandCell}</code>${rest.map((cell) => html`<td class="fit">${cell}`)}</tr>`;
}

const PARTS = ["threads", "files", "sockets", "limits", "env", "maps", "cgroup"];

/** One process as a page. */
export function detailPage(detail: ProcessDetail): Page {
  const facts: Html[] = factsOf(detail).map(
    ([name, value]) => html`<tr><th>${name}<td><code>${value}</code></tr>`,
  );
  return renderPage({
    title: `Process ${detail.pid}`,
    body: html`${topBar("../")}<main><h1>Process ${detail.pid}: ${printable(detail.name)}</h1>
<p><a href="../strace/${detail.pid}">Its system calls, now</a> · <a href="../processes">All processes</a></p>
<p>${PARTS.map((part) => html`<a href="${detail.pid}/${part}">${part}</a> `)}</p>
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

function cells(each: ProcessSummary, depth = 0): string[] {
  return [
    String(each.pid),
    String(each.parentPid),
    printable(each.user ?? String(each.uid ?? "?")),
    each.stateLetter,
    each.startTime.replace(/\.\d+Z$/, "Z"),
    String(each.threads),
    ...[mebibytes(each.rssBytes), mebibytes(each.swapBytes), String(each.openFiles ?? "-")],
    ...[kibibytes(each.ioRates?.readBytesPerSecond), kibibytes(each.ioRates?.writeBytesPerSecond)],
    ...[percentage(each.cpuPercentSinceStart), percentage(each.cpuPercent)],
    `${depth === 0 ? "" : `${"   ".repeat(depth - 1)}\\_ `}${commandOf(each)}`,
  ];
}

/** As ps(1) does: a name in brackets where there is no command line. */
export function commandOf({ commandLine, name, isMain, isSidecar }: ProcessSummary): string {
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
    ["command line", commandOf({ ...detail, isMain: false, isSidecar: false })],
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
    ...usageFacts(detail, or),
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

function usageFacts(
  detail: ProcessDetail,
  or: (field: string, value: string | null) => string,
): [string, string][] {
  const bytes = (value: number | null | undefined) => (value == null ? null : `${value} bytes`);
  const { io, ioRates, mainThreadSwitches: switches, openFiles, openFilesLimit } = detail;
  const data = io === null ? null : `${io.readBytes} bytes read, ${io.writeBytes} written`;
  const calls = io === null ? null : `${io.readCallBytes} bytes read, ${io.writeCallBytes} written`;
  return [
    ["CPU now", `${percentage(detail.cpuPercent)} over ${detail.intervalMs} ms`],
    ["proportional memory", or("pssBytes", bytes(detail.pssBytes))],
    ["swapped out", or("swapBytes", bytes(detail.swapBytes))],
    ["address space", or("virtualBytes", bytes(detail.virtualBytes))],
    ["page faults", `${detail.minorFaults} without I/O, ${detail.majorFaults} with`],
    ["storage", or("io", data)],
    ["read and write calls", or("io", calls)],
    ["storage now", or("ioRates", storageRates(ioRates))],
    ["read and write calls now", or("ioRates", callRates(ioRates))],
    [
      "switches of the main thread",
      switches === null ? "-" : `${switches.voluntary} to wait, ${switches.involuntary} taken off`,
    ],
    ["open files", or("openFiles", openFiles === null ? null : `${openFiles} of ${openFilesLimit ?? "?"}`)],
  ];
}

function storageRates(rates: ProcessDetail["ioRates"]): string | null {
  if (rates === null) return null;
  return `${rates.readBytesPerSecond} bytes/s read, ${rates.writeBytesPerSecond} written`;
}

function callRates(rates: ProcessDetail["ioRates"]): string | null {
  if (rates === null) return null;
  const { readCallBytesPerSecond, writeCallBytesPerSecond, readCallsPerSecond, writeCallsPerSecond } = rates;
  return `${readCallBytesPerSecond} bytes/s read by ${readCallsPerSecond} calls/s, ${writeCallBytesPerSecond} written by ${writeCallsPerSecond}`;
}

/** An amount of memory or data in MiB; a dash where it is not known. */
export function mebibytes(bytes: number | null): string {
  return bytes === null ? "-" : `${(bytes / 1_048_576).toFixed(1)}M`;
}

/** A percentage; a dash where it is not known. */
export function percentage(percent: number | null): string {
  return percent === null ? "-" : `${percent.toFixed(1)}%`;
}

/** A rate of data in KiB a second; a dash where it is not known. */
export function kibibytes(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? "-" : `${(bytesPerSecond / 1_024).toFixed(1)}K`;
}

/** How many calls a second read and write; a dash where that is not known. */
export function callRate(rates: ProcessSummary["ioRates"]): string {
  return rates === null ? "-" : (rates.readCallsPerSecond + rates.writeCallsPerSecond).toFixed(0);
}

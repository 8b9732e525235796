import { printable } from "../../base/printable.ts";
import { html, type Page, renderPage } from "../../web/page.ts";
import { textTable } from "../../web/text-table.ts";
import { topBar } from "../../web/top-bar.ts";
import { callRate, commandOf, kibibytes, mebibytes, percentage } from "./process-forms.ts";
import type { ProcessSummary } from "./process-schema.ts";
import type { TopReport } from "./top-schema.ts";

/** The busiest processes for people: as text for a terminal, and as a page. */

const COLUMNS = [
  ...["PID", "USER", "S", "THREADS", "CPU", "RSS", "SWAP", "FILES", "READ", "WRITE"],
  ...["READ/S", "WRITE/S", "CALLS/S", "TIME", "COMMAND"],
];
const RIGHT_ALIGNED = new Set(COLUMNS.filter((title) => !["USER", "S", "COMMAND"].includes(title)));

/** The report as text: three lines of heading, an empty one, and a table. */
export function topText(report: TopReport): string {
  return [...headings(report), "", ...tableOf(report), ""].join("\n");
}

/** The report as a page. */
export function topPage(report: TopReport): Page {
  return renderPage({
    title: "The busiest processes",
    body: html`${topBar("../")}<main><h1>The busiest processes</h1><p><a href="../processes">All processes</a></p>
<pre>${[...headings(report), "", ...tableOf(report)].join("\n")}</pre></main>`,
  });
}

function headings(report: TopReport): string[] {
  const { load, machineCpus, cpu, memory, counts, time, intervalMs } = report;
  const cpuLimit = cpu.limitCpus === null ? "" : ` of ${cpu.limitCpus.toFixed(2)}`;
  const whose = report.mainPid === null ? "of all" : "of the app";
  return [
    `${time.replace(/\.\d+Z$/, "Z")}  load ${load["1min"].toFixed(2)} ${load["5min"].toFixed(2)} ${load["15min"].toFixed(2)} (the machine, ${machineCpus} CPUs)`,
    `app: CPU ${cpu.usedCpus === null ? "?" : cpu.usedCpus.toFixed(2)}${cpuLimit}${share(cpu.usedRatio)}, memory ${known(memory.workingSetBytes)} of ${known(memory.limitBytes)}${share(memory.usedRatio)}`,
    `${whose}: ${counts.processes} processes, ${counts.threads} threads, ${counts.running} running, ${counts.waitingUninterruptibly} waiting for I/O; CPU and rates over ${(intervalMs / 1_000).toFixed(1)} s`,
    ...(report.mainReason === null
      ? []
      : [`The app's main process is not known: ${printable(report.mainReason)}`]),
    ...(report.mainReason === null ? report.unreadable : []).map(({ field, reason, remedy }) =>
      printable(`${field}: ${reason}${remedy == null ? "" : ` (what mends it: ${remedy})`}`),
    ),
  ];
}

function tableOf({ processes }: TopReport): string[] {
  return textTable(COLUMNS, processes.map(cells), RIGHT_ALIGNED);
}

function cells(each: ProcessSummary): string[] {
  return [
    String(each.pid),
    printable(each.user ?? String(each.uid ?? "?")),
    each.stateLetter,
    String(each.threads),
    percentage(each.cpuPercent),
    mebibytes(each.rssBytes),
    mebibytes(each.swapBytes),
    String(each.openFiles ?? "-"),
    mebibytes(each.io?.readBytes ?? null),
    mebibytes(each.io?.writeBytes ?? null),
    kibibytes(each.ioRates?.readBytesPerSecond),
    kibibytes(each.ioRates?.writeBytesPerSecond),
    callRate(each.ioRates),
    `${(each.cpuTimeNs / 1_000_000_000).toFixed(1)}s`,
    commandOf(each),
  ];
}

function known(bytes: number | null): string {
  return bytes === null ? "?" : mebibytes(bytes);
}

function share(ratio: number | null): string {
  return ratio === null ? "" : ` (${(ratio * 100).toFixed(1)}%)`;
}

import { printable } from "../../base/printable.ts";
import { html, type Page, renderPage } from "../../web/page.ts";
import { textTable } from "../../web/text-table.ts";
import { topBar } from "../../web/top-bar.ts";
import type { RuntimeList, RuntimeProcess } from "./runtime-schema.ts";

/** The runtimes for people: as aligned text and as a page. */

const COLUMNS = ["PID", "NAME", "KIND", "VERSION", "UPTIME", "CPU", "RSS", "THREADS", "FILES", "EVIDENCE"];
const RIGHT_ALIGNED = new Set(["PID", "UPTIME", "CPU", "RSS", "THREADS", "FILES"]);

/** The list as a table of text. CPU is the average since the start of each process. */
export function runtimesText(list: RuntimeList): string {
  const table =
    list.processes.length === 0 ? [] : textTable(COLUMNS, list.processes.map(cells), RIGHT_ALIGNED);
  return [...notes(list).map((note) => `# ${note}`), ...table, ""].join("\n");
}

/** The list as a page. */
export function runtimesPage(list: RuntimeList): Page {
  const rows = list.processes.map((each) => {
    const [pid = "", ...rest] = cells(each);
    return html`<tr><td class="fit"><a href="processes/${pid}">${pid}</a>${rest.map((cell) => html`<td>${cell}`)}</tr>`;
  });
  return renderPage({
    title: "Runtimes",
    body: html`${topBar("./")}<main><h1>What the app's processes run on</h1>${notes(list).map((note) => html`<p>${note}</p>`)}
<table><thead><tr>${COLUMNS.map((title) => html`<th>${title}`)}</tr></thead><tbody>${rows}</tbody></table></main>`,
  });
}

function notes({ reason, remedy, omitted }: RuntimeList): string[] {
  return [
    ...(reason === null ? [] : [`The app's main process is not known: ${reason}`]),
    ...(remedy === null ? [] : [`What mends it: ${remedy}`]),
    ...(omitted === 0 ? [] : [`${omitted} further processes are not shown.`]),
  ];
}

function cells(each: RuntimeProcess): string[] {
  const unknown = each.unreadable.find(({ field }) => field === "kind");
  const { kind, implementation, cpuPercentSinceStart: cpu, rssBytes } = each;
  return [
    String(each.pid),
    `${printable(each.name)}${each.isMain ? " (main)" : ""}`,
    `${kind ?? "?"}${implementation === null ? "" : ` (${implementation})`}`,
    printable(each.version ?? "-"),
    `${Math.floor(each.uptimeSeconds)}s`,
    cpu === null ? "-" : `${cpu.toFixed(1)}%`,
    rssBytes === null ? "-" : `${(rssBytes / 1_048_576).toFixed(1)}M`,
    String(each.threads),
    String(each.openFiles ?? "-"),
    printable(each.evidence ?? whyUnknown(unknown)),
  ];
}

function whyUnknown(unread: RuntimeProcess["unreadable"][number] | undefined): string {
  if (unread === undefined) return "-";
  return unread.remedy === null ? unread.reason : `${unread.reason}. What mends it: ${unread.remedy}`;
}

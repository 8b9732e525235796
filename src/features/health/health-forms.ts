import { type Html, html, type Page, renderPage } from "../../web/page.ts";
import { topBar } from "../../web/top-bar.ts";
import type { CheckReport, HealthReport } from "./health-report.ts";

/** The report for people: as text and as a page. */

/** The report as text: a line for each check, and what mends it below. */
export function healthText({ status, since, ready, checks }: HealthReport): string {
  const width = Math.max(0, ...checks.map((check) => check.name.length));
  const lines = checks.flatMap((check) => [
    `${(check.status ?? "unknown").padEnd(7)}  ${check.name.padEnd(width)}  ${check.detail}`,
    ...(check.remedy === undefined ? [] : [`${" ".repeat(width + 11)}${check.remedy}`]),
  ]);
  return [`${status} since ${since}, ${ready ? "ready" : "not ready"}`, ...lines, ""].join("\n");
}

/** The report as a page. */
export function healthPage({ status, since, ready, checks }: HealthReport): Page {
  return renderPage({
    title: `Health: ${status}`,
    body: html`${topBar("./")}<main>
<h1>Health: <span class="${COLOURS[status]}">${status}</span></h1>
<p>Since ${time(since)}. Traffic ${ready ? "may come" : "should stay away"} (<a href="./readyz">readyz</a>).</p>
<table><thead><tr><th>Status<th>Check<th>What the last run found<th>Since<th>Last run</tr></thead>
<tbody>${checks.map((check) => row(check))}</tbody></table></main>`,
  });
}

const COLOURS = { pass: "good", warn: "fair", fail: "bad", unknown: "dim" } as const;

function row(check: CheckReport): Html {
  const status = check.status ?? "unknown";
  const role = check.affectsReadiness ? "decides on readiness" : "for information";
  return html`<tr><td class="fit ${COLOURS[status]}">${status}<td class="fit">${check.name}<br><span class="dim">${role}</span>
<td>${findings(check)}<td class="fit">${check.since === null ? "not known yet" : time(check.since)}
<td class="fit">${check.lastRunAt === null ? "never" : time(check.lastRunAt)}<br><span class="dim">${duration(check)}</span></tr>`;
}

function findings({ detail, remedy, consecutiveFailures, figures }: CheckReport): Html {
  const mend = remedy === undefined ? html`` : html`<br>What mends it: ${remedy}`;
  const failures =
    consecutiveFailures < 2
      ? html``
      : html`<br><span class="dim">Failed ${consecutiveFailures} times in a row.</span>`;
  const entries = Object.entries(figures).map(([name, value]) => `${name} ${value ?? "unknown"}`);
  const numbers = entries.length === 0 ? html`` : html`<br><span class="dim">${entries.join(", ")}</span>`;
  return html`${detail}${mend}${failures}${numbers}`;
}

function duration({ durationMs }: CheckReport): string {
  return durationMs === null ? "" : `took ${durationMs} ms`;
}

/** A time as people read it, to the second and in UTC. */
function time(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")} UTC</time>`;
}

import { type Html, html, type Page, renderPage } from "../../web/page.ts";
import { topBar } from "../../web/top-bar.ts";
import type { CapabilityPart } from "../feature.ts";
import type { FeatureCapability } from "./ask-features.ts";

/** The capabilities for people: as text and as a page. */

/** The capabilities as text. What mends a part stands alone on its line, ready to be copied. */
export function capabilitiesText(capabilities: readonly FeatureCapability[]): string {
  const width = Math.max(0, ...capabilities.flatMap(({ parts }) => parts.map((part) => part.name.length)));
  const lines = capabilities.flatMap(({ name, works, parts }) => [
    `${name}: ${works}`,
    ...parts.flatMap((part) => [
      `  ${part.works ? "yes" : "no "}  ${part.name.padEnd(width)}  ${part.reason ?? ""}`.trimEnd(),
      ...(part.remedy === undefined ? [] : [part.remedy]),
    ]),
    "",
  ]);
  return lines.join("\n");
}

/** The capabilities as a page. */
export function capabilitiesPage(capabilities: readonly FeatureCapability[]): Page {
  return renderPage({
    title: "Capabilities",
    body: html`${topBar("./")}<main>
<h1>What works in this deployment</h1>
<p>Found out by looking, just now. Where something does not work, the line that mends it stands below.</p>
<table><thead><tr><th>Feature<th>Part<th>Works<th>Why not, and what mends it</tr></thead>
<tbody>${capabilities.flatMap((capability) => rows(capability))}</tbody></table></main>`,
  });
}

const SUMS = {
  yes: html`<span class="good">works</span>`,
  partly: html`<span class="fair">works in part</span>`,
  no: html`<span class="bad">does not work</span>`,
} as const;

function rows({ name, works, parts }: FeatureCapability): readonly Html[] {
  const sum = html`<tr><th class="fit">${name}<td><td class="fit">${SUMS[works]}<td></tr>`;
  return [sum, ...parts.map((part) => row(part))];
}

function row({ name, works, reason, remedy }: CapabilityPart): Html {
  const mend = remedy === undefined ? html`` : html`<pre>${remedy}</pre>`;
  return html`<tr><td><td class="fit">${name}<td>${works ? "yes" : html`<b>no</b>`}<td>${reason ?? ""}${mend}</tr>`;
}

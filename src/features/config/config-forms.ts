import { AppError } from "../../base/errors.ts";
import { type Html, html, type Page, renderPage } from "../../web/page.ts";
import { topBar } from "../../web/top-bar.ts";
import type { FileDescription } from "./files/describe-file.ts";
import type { ShownContent } from "./show-content.ts";

/** The configuration files as pages for a person, and as lines of text. */

/** The list as a table of text. */
export function listText(files: readonly FileDescription[]): string {
  const rows = files.map((file) => [
    file.name,
    file.format,
    file.sizeBytes === null ? "?" : `${file.sizeBytes} bytes`,
    stateOf(file),
    file.path,
    ...(file.problem === undefined ? [] : [file.problem.detail]),
  ]);
  return rows.map((row) => `${row.join("\t")}\n`).join("");
}

/** The list as a page. */
export function listPage(files: readonly FileDescription[]): Page {
  const rows = files.map(
    (file) => html`<tr><td><a href="config/${encodeURIComponent(file.name)}">${file.name}</a>
<td>${file.format}<td>${file.sizeBytes === null ? "?" : `${file.sizeBytes} bytes`}<td>${file.modifiedAt ?? "?"}
<td>${stateOf(file)}${problemOf(file)}<td>${file.reload.kind}<td><code>${file.path}</code></tr>`,
  );
  const table =
    files.length === 0
      ? html`<p>No file is named. What mends it: <code>SIDECAR_CONFIG_FILES=/path/of/app.ini</code></p>`
      : html`<table><thead><tr><th>Name<th>Format<th>Size<th>Changed<th>State<th>Reload<th>Path</tr></thead>
<tbody>${rows}</tbody></table>`;
  return renderPage({
    title: "Configuration",
    body: html`${topBar("./")}<main><h1>Configuration files of the app</h1>${table}</main>`,
  });
}

/** One file as a page. */
export function contentPage(shown: ShownContent): Page {
  const { parseError } = shown;
  const error =
    parseError === undefined
      ? html``
      : html`<p>It can't be read as ${shown.format}: ${parseError.detail} (line ${parseError.line}, column ${parseError.column})</p>`;
  const text =
    shown.content === null ? html`<p>${shown.contentReason ?? ""}</p>` : html`<pre>${shown.content}</pre>`;
  return renderPage({
    title: shown.name,
    body: html`${topBar("../")}<main><h1>${shown.name}</h1>
<p><code>${shown.path}</code> · ${shown.format} · <a href="../config">All files</a></p>
${error}${secretsNote(shown)}${text}<p class="dim">ETag <code>${shown.etag}</code></p></main>`,
  });
}

function secretsNote({ maskedValues, contentReason }: ShownContent): Html {
  if (contentReason !== undefined)
    return html`<p><a href="?secrets=show">Show it as it is</a> (operators)</p>`;
  if (maskedValues === null) return html`<p>Secrets are shown. <a href="?">Mask them</a></p>`;
  const count = maskedValues === 1 ? "1 value is" : `${maskedValues} values are`;
  return html`<p>${count} masked. <a href="?secrets=show">Show them</a> (operators)</p>`;
}

function stateOf(file: FileDescription): string {
  if (!file.readable) return "can't be read";
  if (!file.writable) return "read-only";
  return file.atomic === false ? "writable in place" : "writable";
}

function problemOf({ problem }: FileDescription): Html {
  if (problem === undefined) return html``;
  const remedy =
    problem.remedy === undefined ? html`` : html`<br>What mends it: <code>${problem.remedy}</code>`;
  return html`<br>${problem.detail}${remedy}`;
}

/** The bytes to answer as text. @throws {AppError} `conflict` where they can't be masked and are held back. */
export function textOf({ bytes, name, parseError }: ShownContent): Buffer {
  if (bytes !== null) return bytes;
  const detail = `${name} can't be parsed, so its secrets can't be found and masked.`;
  throw new AppError("conflict", detail, {
    remedy: "An operator gets it as it is with ?secrets=show.",
    errors: parseError === undefined ? [] : [{ pointer: "", ...parseError }],
  });
}

import { createHash } from "node:crypto";

/** Plain HTML pages that need nothing from elsewhere: one style, at most one script, both allowed by their hash. */

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2433; --dim: #5b6577; --ground: #fbfbf9; --line: #dcdfe5; --accent: #9a3f12; --code: #f1f1ec; --good: #1d6b3a; --fair: #8a5a00; --bad: #b3201f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ee; --dim: #a0a9bb; --ground: #14171f; --line: #2e3442; --accent: #f0a070; --code: #1d212c; --good: #7fce98; --fair: #e8bf6a; --bad: #ff8d85; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
header { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; padding-bottom: 0.75rem; border-bottom: 1px solid var(--line); margin-bottom: 1.25rem; }
header b { color: var(--accent); }
h1 { font-size: 1.5rem; margin: 0 0 0.75rem; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
a { color: var(--accent); }
.dim { color: var(--dim); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); }
code, pre, textarea { font: 0.875rem/1.45 ui-monospace, monospace; }
code { background: var(--code); padding: 0.1rem 0.3rem; border-radius: 0.2rem; overflow-wrap: anywhere; }
pre { background: var(--code); padding: 0.75rem; border-radius: 0.3rem; overflow-x: auto; }
input, button { font: inherit; max-width: 100%; padding: 0.45rem 0.7rem; border: 1px solid var(--line); border-radius: 0.3rem; background: var(--ground); color: inherit; }
button { background: var(--accent); color: var(--ground); border-color: var(--accent); cursor: pointer; }
button.quiet { background: none; color: var(--accent); padding: 0.15rem 0.6rem; }
header .end { margin-left: auto; }
.fit { padding-right: 1.5rem; }
.fit code { overflow-wrap: normal; }
@media (min-width: 50rem) { .fit { width: 1%; white-space: nowrap; } }
.line code { display: block; width: max-content; max-width: 36ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; overflow-wrap: normal; }
main { overflow-x: auto; }
.good { color: var(--good); font-weight: 600; }
.fair { color: var(--fair); font-weight: 600; }
.bad, [role="alert"] { color: var(--bad); font-weight: 600; }
`;

/** HTML that is safe to put into a page. */
export interface Html {
  readonly html: string;
}

/** What a page consists of. */
export interface PageContent {
  readonly title: string;
  readonly body: Html;
  /** A script of our own; nothing that a client or the core sent may be in it. */
  readonly script?: string;
}

/** A page and the Content-Security-Policy it is to be sent with. */
export interface Page {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Template tag for HTML: every value is escaped, but for {@link Html} and arrays of it.
 * @example html`<p>${name}</p>`
 */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const text = strings.reduce((whole, part, index) => {
    const value = values[index - 1];
    return whole + (value === undefined ? "" : fragment(value)) + part;
  });
  return { html: text };
}

function fragment(value: string | number | Html | readonly Html[]): string {
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return "html" in value ? value.html : value.map((part) => part.html).join("");
}

/** Escapes text for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}

/** The beginning of a page, up to where its body goes; a page that streams ends with {@link PAGE_END}. */
export function pageStart(title: string, script?: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Tickbird</title><style>${STYLE}</style>${script === undefined ? "" : `<script type="module">${script}</script>`}</head>
<body>`;
}

/** The end of every page. */
export const PAGE_END = "</body></html>\n";

/** The headers of a page: it may load nothing but what it carries itself. */
export function pageHeaders(script?: string): Readonly<Record<string, string>> {
  const scripts = script === undefined ? "" : ` script-src '${hash(script)}'; connect-src 'self';`;
  return {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": `default-src 'none'; style-src '${hash(STYLE)}';${scripts} base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
  };
}

/** Renders a whole page. */
export function renderPage({ title, body, script }: PageContent): Page {
  return { body: `${pageStart(title, script)}${body.html}${PAGE_END}`, headers: pageHeaders(script) };
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { html, renderPage } from "../../src/web/page.ts";

const NASTY = `<img src=x onerror="alert('&')">`;
const ESCAPED = "&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;";
const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

test("every value in a template is escaped, but for HTML and lists of it", () => {
  const items = [NASTY, "b"].map((item) => html`<li>${item}</li>`);

  expect(html`<p title="${NASTY}">${1} ${html`<b>bold</b>`}</p><ul>${items}</ul>`.html).toBe(
    `<p title="${ESCAPED}">1 <b>bold</b></p><ul><li>${ESCAPED}</li><li>b</li></ul>`,
  );
});

test("an empty value and an empty list leave nothing behind", () => {
  expect(html`<p>${""}${[]}${0}</p>`.html).toBe("<p>0</p>");
});

test("the title of a page is escaped", () => {
  expect(renderPage({ title: "</title>", body: html`` }).body).toContain(
    "<title>&lt;/title&gt; · Tickbird</title>",
  );
});

test("the policy allows just the style and the script that are in the page, by their hashes", () => {
  const script = `const a = 1 < 2 && "x";\n`;
  const { body, headers } = renderPage({ title: "t", body: html``, script });
  const policy = headers["Content-Security-Policy"] ?? "";

  const style = /<style>(.*?)<\/style>/s.exec(body)?.[1] ?? "";
  const inPage = /<script type="module">(.*?)<\/script>/s.exec(body)?.[1];
  expect(inPage).toBe(script);
  expect(policy).toContain(`style-src ${sha256(style)};`);
  expect(policy).toContain(`script-src ${sha256(script)};`);
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).not.toContain("unsafe");
});

test("a page without a script allows none", () => {
  const { headers } = renderPage({ title: "t", body: html`` });

  expect(headers["Content-Security-Policy"]).not.toMatch(/script-src|connect-src/);
});

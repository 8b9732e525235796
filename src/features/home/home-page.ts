import type { Principal } from "../../web/context.ts";
import { type Html, html, type Page, renderPage } from "../../web/page.ts";
import type { DefinedRoute } from "../../web/routes.ts";
import { linkable, notLinkable } from "./link-list.ts";
import { PAGE_SCRIPT } from "./page-script.ts";

/** The home page, for who is signed in and for who is not. */

/** What the home page tells. */
export interface HomeFacts {
  readonly routes: readonly DefinedRoute[];
  readonly version: string;
  readonly coreUrl: string;
  readonly prefix: string;
  /** Scheme, host and port as the client sees them. */
  readonly origin: string;
}

/** The page of who is signed in: what there is, and how to use it from a shell. */
export function homePage(facts: HomeFacts, principal: Principal): Page {
  const { version, coreUrl, prefix, routes } = facts;
  return renderPage({
    title: "Home",
    script: PAGE_SCRIPT,
    body: html`<header><b>Tickbird</b> <span class="dim">${version}</span> ${signedInAs(principal)}</header><main>
<p id="problem" role="alert" hidden></p>
<h1>The sidecar</h1>
<p>It stands in front of the app at <code>${coreUrl}</code>. What is under <code>${prefix}</code> it answers itself;
everything else goes to <a href="/">the app</a>.</p>
<h2>To look at</h2>
<table><tbody>${linkable(routes).map((route) => link(route))}</tbody></table>
<h2>With a parameter, or to change something</h2>
<table><tbody>${notLinkable(routes).map((route) => template(route))}</tbody></table>
<h2>From a shell</h2>
${curl(facts)}</main>`,
  });
}

function signedInAs({ name, role, via }: Principal): Html {
  if (via === "none") return html`<span class="end bad">Authentication is switched off.</span>`;
  const who = html`<span class="end">${name} (${role})</span>`;
  return via === "session"
    ? html`${who} <button id="sign-out" class="quiet" type="button">Sign out</button>`
    : who;
}

function link({ path, description }: DefinedRoute): Html {
  return html`<tr><td class="fit"><a href=".${path}">${path}</a><td>${description.summary}</tr>`;
}

function template({ method, path, description }: DefinedRoute): Html {
  return html`<tr><td class="fit"><code>${method} ${path}</code><td>${description.summary}</tr>`;
}

function curl({ origin, prefix, routes }: HomeFacts): Html {
  const ca = routes.some(({ path }) => path === "/certificate/ca")
    ? html`<a href="./certificate/ca">its CA</a>`
    : html`its CA`;
  return html`<pre>TOKEN='the token you signed in with'
curl -H "Authorization: Bearer $TOKEN" ${origin}${prefix}/
curl -H "Authorization: Bearer $TOKEN" -H 'Accept: text/plain' ${origin}${prefix}/capabilities</pre>
<p class="dim">While the certificate is one that the sidecar made itself, add <code>--cacert</code> and the file of ${ca}.</p>`;
}

/**
 * The page of who is not signed in: it takes the token from the link, or from its form.
 * @param isCrossSite the browser came by a link of another site and kept a cookie back, if it has one: the page asks again.
 */
export function signInPage(complaint: string | undefined, isCrossSite: boolean): Page {
  return renderPage({
    title: "Sign in",
    script: PAGE_SCRIPT,
    body: html`<header><b>Tickbird</b></header><main><h1>Sign in to the sidecar</h1>
<p>The token was printed at the first start of the sidecar, unless you set one with <code>SIDECAR_AUTH_TOKEN</code>.</p>
<form id="sign-in"${isCrossSite ? html` data-cross-site` : html``}>
<input name="username" autocomplete="username" value="tickbird" hidden>
<p><label for="token">Token</label></p>
<p><input id="token" name="token" type="password" autocomplete="current-password" required autofocus size="40"> <button>Sign in</button></p>
</form>
<p id="problem" role="alert"${complaint === undefined ? html` hidden` : html``}>${complaint ?? ""}</p>
<noscript><p>This form needs JavaScript. Without it, open <a href="./capabilities">capabilities</a>: your browser asks for a user name (any) and a password (the token).</p></noscript>
</main>`,
  });
}

import { type Html, html } from "./page.ts";

/** The bar at the top of every page below the prefix, with the way back to the list. `up` leads there from the page. */
export function topBar(up: string): Html {
  return html`<header><b>Tickbird</b> <a href="${up}">Everything here</a></header>`;
}

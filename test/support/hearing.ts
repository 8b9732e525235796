import type { Page } from "playwright-core";
import { z } from "zod";

/** What who hears a page is told, without having asked: by the live regions of WAI-ARIA. */

const listed = z.array(z.object({ text: z.string(), isAlert: z.boolean() }));

/** An ear on a page. */
export interface Hearing {
  /** What was said so far, the first first. */
  texts(): Promise<readonly string[]>;
}

/**
 * Listens to a page from now on. What counts is what screen readers are known to say: an alert when it comes into the page
 * or changes, and a status when its content changes. A status that comes into the page with its content is not heard, nor
 * what is behind a modal dialog. Each is read whole.
 */
export async function listenTo(page: Page): Promise<Hearing> {
  await page.evaluate(LISTEN);
  return {
    async texts() {
      return listed.parse(await page.evaluate("globalThis.heardTexts")).map(({ text }) => text);
    },
  };
}

const LISTEN = `(() => {
  const heard = (globalThis.heardTexts = []);
  const LIVE = '[role="status"], [role="alert"], [role="log"], output, [aria-live]:not([aria-live="off"])';
  const lastOf = new Map();
  const textOf = (region) => region.textContent.replace(/\\s+/g, " ").trim();
  for (const region of document.querySelectorAll(LIVE)) lastOf.set(region, textOf(region));
  const isCovered = (region) => {
    const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
    return modal !== undefined && !modal.contains(region);
  };
  const tell = (region) => {
    const text = textOf(region);
    if (lastOf.get(region) === text) return;
    lastOf.set(region, text);
    if (text !== "" && !isCovered(region)) heard.push({ text, isAlert: region.matches('[role="alert"]') });
  };
  const meet = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    for (const region of [node, ...node.querySelectorAll(LIVE)]) {
      if (!region.matches(LIVE) || lastOf.has(region)) continue;
      if (region.matches('[role="alert"]')) tell(region);
      else lastOf.set(region, textOf(region));
    }
  };
  new MutationObserver((records) => {
    for (const { addedNodes } of records) addedNodes.forEach(meet);
    for (const { target } of records) {
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      const region = element?.closest(LIVE);
      if (region != null && region.isConnected) tell(region);
    }
  }).observe(document.documentElement, { subtree: true, childList: true, characterData: true });
})()`;

import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { pollPage } from "./dashboard.ts";

/** A page in the hands of who has a keyboard and no mouse. */
export interface Keyboard {
  /** Presses Tab until the focus is on it. */
  tabTo(target: Locator): Promise<void>;
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Waits until the focus is on it. */
  isOn(target: Locator): Promise<void>;
}

/** So many stops are between any two parts of a view. */
const MOST_STOPS = 150;

/** One who has pressed a key waits no longer to see where the focus is, however busy the machine. */
const SEEN_MS = 10_000;

/** Takes the keyboard of a page. Wherever the focus stops on its way, it must be seen. */
export function keyboardOf(page: Page): Keyboard {
  const hasFocus = (target: Locator) => target.evaluate((element) => element === document.activeElement);
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  return {
    press,
    type: (text) => page.keyboard.type(text),
    isOn: async (target) => {
      await pollPage(`the focus to be on ${target}`, () => hasFocus(target));
    },
    async tabTo(target) {
      await target.waitFor();
      for (let stop = 0; stop < MOST_STOPS; stop += 1) {
        await press("Tab");
        // The editor draws it a moment later.
        await expect
          .poll(() => page.evaluate(UNSEEN), {
            timeout: SEEN_MS,
            message: "where the focus is, and is not seen",
          })
          .toBeNull();
        if (await hasFocus(target)) return;
      }
      throw new Error(`Not within ${MOST_STOPS} stops: ${target}`);
    },
  };
}

/** The element that has the focus, if nobody can see that it has. */
const UNSEEN = `(() => {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return null;
  const isOutlined = (element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0;
  };
  const box = focused.getBoundingClientRect();
  const isInSight = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  // The editor draws it around itself.
  const isMarked = isOutlined(focused) || (focused.closest(".cm-editor") !== null && isOutlined(focused.closest(".cm-editor")));
  return isMarked && isInSight ? null : focused.outerHTML.slice(0, 200);
})()`;

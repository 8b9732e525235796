/** Puts the focus on the view, where what had it is gone: who works by keyboard goes on from there. */
export function focusView(): void {
  document.getElementById("stage")?.focus();
}

/** Gives the focus back to what had it, or, where that is gone, to the view; but takes it from nobody. */
export function giveFocusBack(to: Element | null): void {
  if (document.activeElement !== document.body) return;
  if (to instanceof HTMLElement) to.focus();
  if (document.activeElement === document.body) focusView();
}

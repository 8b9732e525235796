import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { giveFocusBack } from "./focus.ts";

/** A dialog over the page while it is rendered; Escape closes it, and the focus returns to where it was. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const { title, onClose, children } = props;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    // Where a dialog is taken out of the page and not closed, the browser gives the focus to nobody. It is still there now.
    return () => queueMicrotask(() => giveFocusBack(before));
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      {children}
    </dialog>
  );
}

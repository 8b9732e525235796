import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../../ui/failure.tsx";
import type { EditorOptions, OpenEditor } from "./code-mirror.ts";
import type { TextProblem } from "./refusal.tsx";

/** So large a text is shown without colours: taking it apart would hold up the typing. */
export const MAX_COLOURED_CHARACTERS = 1_000_000;

/** An editor of text, which is loaded when it is first shown. `handle` has it while it is open. */
export function Editor(props: {
  options: Omit<EditorOptions, "nonce" | "isColoured">;
  problems: readonly TextProblem[];
  handle: RefObject<OpenEditor | null>;
  /** Called with the text when the editor goes. */
  onGone: (text: string) => void;
}) {
  const { options, problems, handle, onGone } = props;
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(options);
  latest.current = options;
  const gone = useRef(onGone);
  gone.current = onGone;
  const [state, setState] = useState<{ isOpen: boolean; trouble?: unknown }>({ isOpen: false });

  useEffect(() => {
    let isWanted = true;
    open(place.current, {
      ...latest.current,
      onEdit: (isChanged) => latest.current.onEdit(isChanged),
      onSave: () => latest.current.onSave(),
    }).then(
      (editor) => {
        if (!isWanted) editor?.close();
        else if (editor !== undefined) {
          handle.current = editor;
          setState({ isOpen: true });
        }
      },
      (trouble: unknown) => isWanted && setState({ isOpen: false, trouble }),
    );
    return () => {
      isWanted = false;
      const editor = handle.current;
      handle.current = null;
      if (editor === null) return;
      gone.current(editor.text());
      editor.close();
    };
  }, []);
  useEffect(() => {
    if (state.isOpen) handle.current?.mark(problems);
  }, [problems, state.isOpen]);

  return (
    <>
      {state.isOpen || state.trouble !== undefined ? null : <p class="dim waiting">One moment…</p>}
      {state.trouble === undefined ? null : <Failure error={state.trouble} />}
      <div ref={place} class="config-editor" />
    </>
  );
}

async function open(
  place: HTMLElement | null,
  options: Omit<EditorOptions, "nonce" | "isColoured">,
): Promise<OpenEditor | undefined> {
  if (place === null) return undefined;
  const { openEditor } = await import("./code-mirror.ts");
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
  const isColoured = options.text.length <= MAX_COLOURED_CHARACTERS;
  return await openEditor(place, { ...options, nonce, isColoured });
}

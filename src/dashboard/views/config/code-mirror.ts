import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { languageOf } from "./languages.ts";
import { type LineEnds, lineEndsOf } from "./line-ends.ts";
import type { TextProblem } from "./refusal.tsx";

/** CodeMirror as the editor of configuration files: a module of its own, which is loaded when one is opened. */

/** What an editor is opened with. */
export interface EditorOptions {
  readonly label: string;
  readonly format: string;
  /** What the text is compared with. */
  readonly original: string;
  /** What it begins with. */
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly isColoured: boolean;
  readonly nonce: string;
  /** Called after each change of the text: whether it differs from the original. */
  readonly onEdit: (isChanged: boolean) => void;
  /** Called on Ctrl+S. */
  readonly onSave: () => void;
}

/** An open editor. */
export interface OpenEditor {
  text(): string;
  /** Shows another text, which then is the original. */
  reset(text: string): void;
  /** Compares with another original, and leaves the text as it is. */
  rebase(original: string): void;
  /** Shows what is wrong, at its lines. */
  mark(problems: readonly TextProblem[]): void;
  /** Brings a place into view, and the caret there. */
  goTo(line: number, column: number): void;
  close(): void;
}

/** Opens an editor in an element. */
export async function openEditor(parent: HTMLElement, options: EditorOptions): Promise<OpenEditor> {
  const { format, original, text, isColoured } = options;
  const language = isColoured ? await languageOf(format) : [];
  const separator = new Compartment();
  let ends = lineEndsOf(original);
  let origin = EditorState.create({ doc: original, extensions: separatorOf(ends) }).doc;
  const changed = EditorView.updateListener.of(({ docChanged, state }) => {
    if (docChanged) options.onEdit(!state.doc.eq(origin));
  });
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [separator.of(separatorOf(ends)), language, changed, surface(options)],
    }),
  });
  return {
    text: () => view.state.doc.sliceString(0, view.state.doc.length, ends.end),
    reset(next) {
      ends = lineEndsOf(next);
      view.dispatch({ effects: separator.reconfigure(separatorOf(ends)) });
      origin = view.state.toText(next);
      if (view.state.doc.eq(origin)) {
        options.onEdit(false);
        return;
      }
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: origin } });
    },
    rebase(next) {
      origin = view.state.toText(next);
      options.onEdit(!view.state.doc.eq(origin));
    },
    mark(problems) {
      view.dispatch({ effects: setProblems.of(problems) });
    },
    goTo(line, column) {
      const { from, to } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
      const anchor = Math.min(from + column - 1, to);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      view.focus();
    },
    close: () => view.destroy(),
  };
}

/** Where a text has several kinds of line ends, only line feeds part its lines; else any kind does, in what is pasted too. */
function separatorOf({ end, isMixed }: LineEnds): Extension {
  return isMixed ? EditorState.lineSeparator.of(end) : [];
}

function surface({ label, isReadOnly, nonce, onSave }: EditorOptions): Extension {
  const save = () => {
    onSave();
    return true;
  };
  return [
    EditorView.cspNonce.of(nonce),
    EditorView.domEventHandlers({ beforeinput: typeOver }),
    // Focusable by itself, and said to be: what it scrolls in has no stop of its own.
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    EditorState.readOnly.of(isReadOnly),
    [lineNumbers(), highlightSpecialChars(), history(), drawSelection(), bracketMatching()],
    [search({ top: true }), highlightSelectionMatches(), EditorView.lineWrapping],
    [syntaxHighlighting(COLOURS), LOOK, problemField],
    // Tab is not taken: by keyboard, one must get out again (WCAG 2.1.2).
    keymap.of([
      { key: "Mod-s", run: save, preventDefault: true },
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
    ]),
  ];
}

/**
 * Types over a selection. Left to itself, the browser would give what is typed the colours of what was there by a style
 * attribute, which the page's policy forbids.
 */
function typeOver(event: InputEvent, view: EditorView): boolean {
  const { state } = view;
  if (event.inputType !== "insertText" || event.data === null || view.composing) return false;
  if (state.readOnly || state.selection.main.empty) return false;
  event.preventDefault();
  view.dispatch(state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  return true;
}

const setProblems = StateEffect.define<readonly TextProblem[]>();

const problemField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { effects, changes, state }) {
    const set = effects.find((effect) => effect.is(setProblems));
    if (set === undefined) return marks.map(changes);
    const problems: readonly TextProblem[] = set.value;
    const byLine = Map.groupBy(problems, ({ line }) => Math.min(Math.max(1, line), state.doc.lines));
    const lines = [...byLine].toSorted(([one], [other]) => one - other);
    return Decoration.set(
      lines.map(([line, all]) => {
        const said = all.map(({ detail }) => detail).join(" ");
        const mark = Decoration.line({ class: "cm-problem", attributes: { "data-problem": said } });
        return mark.range(state.doc.line(line).from);
      }),
    );
  },
  provide: (field) => EditorView.decorations.from(field),
});

const COLOURS = HighlightStyle.define([
  { tag: [tags.comment, tags.meta], color: "var(--dim)", fontStyle: "italic" },
  {
    tag: [tags.propertyName, tags.definition(tags.propertyName), tags.tagName, tags.attributeName],
    color: "var(--chart-2)",
  },
  { tag: [tags.string, tags.attributeValue, tags.quote], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--chart-4)" },
  { tag: [tags.heading, tags.labelName], color: "var(--accent)", fontWeight: "bold" },
]);

const LOOK = EditorView.theme({
  "&": { height: "max(18rem, 55vh)", backgroundColor: "var(--raised)", color: "var(--ink)" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "0.84rem", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": {
    backgroundColor: "var(--raised)",
    color: "var(--dim)",
    borderRight: "1px solid var(--line)",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  ".cm-selectionMatch, .cm-matchingBracket": { backgroundColor: "var(--fair-ground)" },
  ".cm-searchMatch": { backgroundColor: "var(--fair-ground)", outline: "1px solid var(--fair)" },
  ".cm-panels": { backgroundColor: "var(--code)", color: "var(--ink)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-textfield": { backgroundColor: "var(--raised)", color: "var(--ink)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--raised)", color: "var(--accent)" },
  ".cm-problem": { backgroundColor: "var(--bad-ground)" },
  ".cm-problem::after": {
    content: '"  ✗ " attr(data-problem)',
    color: "var(--bad)",
    fontFamily: "system-ui, sans-serif",
    fontWeight: "600",
  },
});

import { useMemo } from "preact/hooks";
import { Scroll } from "../../ui/scroll.tsx";
import { VirtualList } from "../../ui/virtual-list.tsx";
import { type DiffLine, diffCounts, diffLines } from "./diff-lines.ts";

/** Up to so many lines are in the document; more are a list that draws what is seen. */
const MAX_DRAWN = 400;
/** What is cut of a line, and said: nobody reads more, and it would freeze the page. */
const MAX_LINE = 2_000;
const ROW_PX = 20;

const SIGNS: Readonly<Record<DiffLine["kind"], string>> = { added: "+", removed: "−", same: " ", place: "" };
const NAMES: Readonly<Record<DiffLine["kind"], string>> = {
  added: "added: ",
  removed: "removed: ",
  same: "",
  place: "",
};

/** What differs, line by line; the reason where that can't be shown. */
export function DiffView(props: {
  label: string;
  difference: {
    readonly diff: string | null;
    readonly reason?: string;
    readonly isSecretChanged: boolean;
  };
}) {
  const { label, difference } = props;
  const { diff, reason, isSecretChanged } = difference;
  const lines = useMemo(() => diffLines(diff ?? ""), [diff]);
  if (isSecretChanged) return <p>Only values differ that are secret: they are masked here.</p>;
  if (diff === null) return <p class="dim">{reason ?? "The difference can't be shown."}</p>;
  if (lines.length === 0) return <p class="dim">Nothing differs.</p>;
  const { added, removed } = diffCounts(lines);
  return (
    <>
      <p class="dim">
        <span class="good">+{added}</span> <span class="bad">−{removed}</span> lines. Secrets are masked.
      </p>
      {lines.length > MAX_DRAWN ? (
        <div class="config-diff">
          <VirtualList
            label={label}
            length={lines.length}
            rowHeight={ROW_PX}
            row={(index) => <Line line={lines[index]} />}
          />
        </div>
      ) : (
        <Scroll label={label} class="config-diff">
          <ol>
            {lines.map((line, index) => (
              <li key={index}>
                <Line line={line} />
              </li>
            ))}
          </ol>
        </Scroll>
      )}
    </>
  );
}

function Line({ line }: { line: DiffLine | undefined }) {
  if (line === undefined) return null;
  const { kind, text, oldLine, newLine } = line;
  const cut = text.length - MAX_LINE;
  return (
    <div class={`config-diff-line ${kind}`}>
      <span class="at" aria-hidden="true">
        {newLine ?? oldLine ?? ""}
      </span>
      <span class="sign" aria-hidden="true">
        {SIGNS[kind]}
      </span>
      <span class="said">{NAMES[kind]}</span>
      <span>{cut > 0 ? text.slice(0, MAX_LINE) : text}</span>
      {cut > 0 ? <span class="dim"> … {cut} more characters</span> : null}
    </div>
  );
}

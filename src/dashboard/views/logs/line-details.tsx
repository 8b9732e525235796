import { useEffect, useState } from "preact/hooks";
import { pathOf, send } from "../../api/ask.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { bytes, clock, count } from "../../ui/format.ts";
import { Scroll } from "../../ui/scroll.tsx";
import { LineLinks } from "./line-links.tsx";
import { visibleText } from "./line-text.ts";
import type { LineRow } from "./log-rows.ts";

/** What is drawn of a long line: it is here to be looked at, and to be had whole elsewhere. */
const SHOWN_CHARACTERS = 20_000;
const LEVEL_TONES: Readonly<Record<string, Tone>> = { fatal: "bad", error: "bad", warn: "fair" };

/** One line close up, and the ways from it to what else happened then. */
export function LineDetails({ name, line, onClose }: { name: string; line: LineRow; onClose: () => void }) {
  const { time, level, text } = line;
  const shown = visibleText(text.slice(0, SHOWN_CHARACTERS));
  return (
    <section class="card line-details" aria-label="The line">
      <div class="bar">
        <strong>{time === null ? "It says no time" : clock(time)}</strong>
        {level === null ? null : <Badge tone={LEVEL_TONES[level] ?? "plain"}>{level}</Badge>}
        <span class="dim">
          {line.isOpen === true ? "It has no end yet. " : ""}
          {line.isLossy === true ? "It is no UTF-8: what can't be shown is �." : ""}
        </span>
        <span class="end bar">
          <CopyButton text={text} what="the line" />
          <button type="button" class="quiet small" onClick={onClose}>
            Close
          </button>
        </span>
      </div>
      <Scroll label="Its text" class="line-text">
        <pre>{shown}</pre>
      </Scroll>
      <Whole name={name} line={line} />
      <LineLinks name={name} line={line} />
    </section>
  );
}

/** Says how long a line is that is not shown whole, and where all of it is. */
function Whole({ name, line }: { name: string; line: LineRow }) {
  const isCut = line.isCut === true;
  const [size, setSize] = useState<number>();
  const params = { name, cursor: line.cursor };
  useEffect(() => {
    if (!isCut) return;
    send("HEAD /logs/{name}/lines/{cursor}", { params }).then(
      ({ headers }) => setSize(Number(headers.get("Content-Length"))),
      () => undefined,
    );
  }, [isCut, line.cursor]);
  if (!isCut && line.characters <= SHOWN_CHARACTERS) return null;
  return (
    <p>
      {isCut
        ? `The line is ${size === undefined ? "longer than an answer may give" : `${bytes(size)} long`}`
        : `The line has ${count(line.characters)} characters`}
      ; the first {count(Math.min(SHOWN_CHARACTERS, line.text.length))} characters are shown.{" "}
      <a href={pathOf("GET /logs/{name}/lines/{cursor}", { params })} download={`${name}-line.txt`}>
        Download it whole
      </a>
    </p>
  );
}

import { useEffect, useRef, useState } from "preact/hooks";

/** So long after the last key: who types hears one result, and not each. */
const AFTER_MS = 700;

/**
 * Reads out what a filter has found, once for each filter: figures that change all the time by themselves would drown all else.
 * @param of what was asked for.
 */
export function Announced({ text, of }: { text: string; of: string }) {
  const [said, say] = useState({ text: "", of });
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    if (text === "" || said.of === of) return;
    const timer = setTimeout(() => say({ text: latest.current, of }), AFTER_MS);
    return () => clearTimeout(timer);
  }, [text !== "", of, said.of]);
  return (
    <span class="unseen" role="status">
      {said.of === of ? said.text : ""}
    </span>
  );
}

import { useState } from "preact/hooks";

/** Copies a text, and says that it did. `what` names it for who hears the page: "Copy the remedy". */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [said, say] = useState("Copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
    } catch {
      say("Not allowed: select and copy it");
    }
  };
  return (
    <button
      type="button"
      class="quiet small"
      aria-label={said === "Copy" ? `Copy ${what}` : said}
      onClick={() => void copy()}
      onBlur={() => say("Copy")}
    >
      {said}
    </button>
  );
}

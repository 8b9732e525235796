import { CopyButton } from "./copy-button.tsx";

/** The line that mends something, ready to be copied; nothing where there is none. */
export function Remedy({ text }: { text: string | undefined }) {
  if (text === undefined || text === "") return null;
  return (
    <p class="remedy">
      <code>{text}</code> <CopyButton text={text} what="the remedy" />
    </p>
  );
}

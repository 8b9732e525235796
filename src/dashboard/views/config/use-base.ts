import { useEffect, useState } from "preact/hooks";
import type { Saving } from "./use-saving.ts";
import type { FileContent } from "./words.ts";

/**
 * The content that is edited. It follows the file until something is changed; then it stays, so that nothing of it is lost,
 * until one's own change is in its place.
 * @param onFollow called with the new one, and whether that is what one has written.
 */
export function useBase(all: {
  readonly first: FileContent;
  readonly content: FileContent;
  readonly isChanged: boolean;
  readonly saving: Saving;
  readonly onFollow: (content: FileContent, isOwn: boolean) => void;
}): FileContent {
  const { first, content, isChanged, saving, onFollow } = all;
  const [base, setBase] = useState(first);
  const isSame = content.etag === base.etag && content.content === base.content;
  const isOwn = content.etag === saving.writtenEtag;
  const { step } = saving;
  // What no answer came to, and is in its place all the same.
  const isWrittenUnheard = step.at === "refused" && step.isUnknown && isOwn;
  useEffect(() => {
    // While a change is on its way it may yet be put back: then one wants one's text again.
    const isHeld = step.at !== "rest" && !isWrittenUnheard;
    if (isSame || isHeld || (isChanged && !isOwn)) return;
    setBase(content);
    onFollow(content, isOwn);
    if (isOwn) saving.settle();
  }, [content, isChanged, step.at]);
  return base;
}

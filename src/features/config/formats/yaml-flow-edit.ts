import type { YAMLMap, YAMLSeq } from "yaml";
import { editDelimitedList, type ListChange } from "./delimited-list.ts";
import type { Splice } from "./text-edit.ts";
import type { Slot, YamlText } from "./yaml-slots.ts";

/** Removes and inserts items of a collection in brackets. */
export function editFlowCollection(
  yaml: YamlText,
  collection: YAMLMap | YAMLSeq,
  slots: readonly Slot[],
  change: ListChange,
): Splice[] {
  const token = collection.srcToken;
  if (token?.type !== "flow-collection" || (change.removed.size === 0 && change.inserted.size === 0))
    return [];
  const open = token.start.offset + 1;
  const close = token.end[0]?.offset ?? open;
  if (slots.length === change.removed.size) {
    return [{ start: open, end: close, text: [...change.inserted.values()].flat().join(", ") }];
  }
  return editDelimitedList(yaml.text, { open, close, items: slots }, change, {
    indent: slots[0]?.indent ?? "",
    eol: yaml.eol,
    isComment: (rest) => /^\s*(#.*)?$/.test(rest),
  });
}

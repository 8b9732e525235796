import { signal } from "@preact/signals";

/** Where on the page one is: the fragment of the address, `#/processes/12?tab=files`. It is never sent to the sidecar. */

/** A place, read from a fragment. */
export interface Place {
  /** The view's name; empty at the beginning. */
  readonly view: string;
  /** What follows it in the path, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** What may change in a place: the values of its query; undefined takes one away. */
export type QueryChange = Readonly<Record<string, string | number | boolean | undefined>>;

const current = signal(parsePlace(location.hash));
addEventListener("hashchange", () => {
  current.value = parsePlace(location.hash);
});

/** The present place, for components: reading it subscribes them. */
export function place(): Place {
  return current.value;
}

/** Reads a fragment; what is not one of ours is the beginning. */
export function parsePlace(fragment: string): Place {
  const [, path = "", search = ""] = /^#\/([^?]*)(?:\?(.*))?$/s.exec(fragment) ?? [];
  const [view = "", ...rest] = path.split("/").map(decode);
  return { view, path: rest.filter((part) => part !== ""), query: new URLSearchParams(search) };
}

/** The address of a place, for `href`: `linkTo(["processes", 12], { tab: "files" })`. */
export function linkTo(path: readonly (string | number)[], query: QueryChange = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const fragment = path.map((part) => encodeURIComponent(part)).join("/");
  return `#/${fragment}${search.size === 0 ? "" : `?${search}`}`;
}

/** Goes to a place, as if a link had been followed. */
export function goTo(path: readonly (string | number)[], query?: QueryChange): void {
  location.hash = linkTo(path, query);
}

/** Changes the query of the present place; "back" leads past it: typing in a filter is no journey. */
export function changeQuery(change: QueryChange): void {
  const { view, path, query } = current.peek();
  const values = Object.fromEntries(query);
  history.replaceState(null, "", linkTo([view, ...path], { ...values, ...change }));
  current.value = parsePlace(location.hash);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

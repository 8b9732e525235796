import type { Place } from "../state/place.ts";

/** What every view gets. */
export interface ViewProps {
  /** Where one is; `path` and `query` are the view's own. */
  readonly place: Place;
}

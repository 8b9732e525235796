import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Place, place } from "../state/place.ts";
import { Failure } from "../ui/failure.tsx";
import { focusView } from "../ui/focus.ts";
import type { ViewProps } from "../views/view.ts";
import { type ViewEntry, viewOf } from "./views.ts";

/** The view of the present place, once it is loaded. */
export function Stage() {
  const here = place();
  const view = viewOf(here);
  useEffect(() => {
    document.title = `${view?.title ?? "Nothing here"} · Tickbird`;
  }, [view]);
  if (view === undefined) {
    return (
      <>
        <h1>Nothing here</h1>
        <p>
          There is no view of this name. <a href="#/">To the overview</a>
        </p>
      </>
    );
  }
  return <LoadedView key={view.name} view={view} place={here} />;
}

function LoadedView({ view, place: here }: { view: ViewEntry; place: Place }) {
  const [loaded, setLoaded] = useState<{ View?: ComponentType<ViewProps>; error?: unknown }>({});
  useEffect(() => {
    view.load().then(
      (View) => setLoaded({ View }),
      (error: unknown) => setLoaded({ error }),
    );
  }, [view]);
  const { View, error } = loaded;
  const pages = (view.pageBy ?? []).map((key) => here.query.get(key) ?? "");
  const name = [here.view, ...here.path, ...pages].join("/");
  useEffect(() => {
    if (View !== undefined) focusOn(name);
  }, [View, name]);
  if (View !== undefined) return <View place={here} />;
  if (error === undefined) return <p class="dim waiting">One moment…</p>;
  return (
    <Failure error={error}>
      <p>
        Part of the page could not be loaded. Where the sidecar has been renewed meanwhile, it is another one
        now:{" "}
        <button type="button" onClick={() => location.reload()}>
          Load the page anew
        </button>
      </p>
    </Failure>
  );
}

let lastName: string | undefined;

/** Who hears the page hears that it is another place, and goes on from there by keyboard. Where it was opened, that is the browser's. */
function focusOn(name: string): void {
  const isOther = lastName !== undefined && lastName !== name;
  lastName = name;
  const stage = document.getElementById("stage");
  if (!isOther || stage === null || stage.contains(document.activeElement)) return;
  focusView();
}

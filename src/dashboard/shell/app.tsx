import { place } from "../state/place.ts";
import { focusView } from "../ui/focus.ts";
import { Banner } from "./banner.tsx";
import { Header } from "./header.tsx";
import { Navigation } from "./navigation.tsx";
import { Stage } from "./stage.tsx";
import { viewOf } from "./views.ts";

/** The page: what is around every view, and the view. */
export function App() {
  const view = viewOf(place());
  return (
    <>
      {/* No link: the fragment is the place, and one that changed it would lead away. */}
      <button type="button" class="skip" onClick={focusView}>
        To the content
      </button>
      <Header />
      <Navigation />
      <main id="stage" tabIndex={-1} aria-label={view?.title}>
        <Banner />
        <Stage />
      </main>
    </>
  );
}

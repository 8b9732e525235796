import { Banner } from "./banner.tsx";
import { Header } from "./header.tsx";
import { Navigation } from "./navigation.tsx";
import { Stage } from "./stage.tsx";

/** The page: what is around every view, and the view. */
export function App() {
  return (
    <>
      <button type="button" class="skip" onClick={skipToStage}>
        To the content
      </button>
      <Header />
      <Navigation />
      <main id="stage" tabIndex={-1}>
        <Banner />
        <Stage />
      </main>
    </>
  );
}

/** No link: the fragment is the place, and one that changed it would lead away. */
function skipToStage(): void {
  document.getElementById("stage")?.focus();
}

import { useEffect, useRef } from "preact/hooks";
import { connection } from "../api/connection.ts";
import { lookForSession, signInAgain } from "../state/session.ts";
import { clock } from "../ui/format.ts";

/** Says that the sidecar can't be reached, or that one is signed out. It is there, empty, while all is well: only a change is read out. */
export function Banner() {
  const now = connection();
  const wasLost = useRef(false);
  if (now.state === "lost") wasLost.current = true;
  useEffect(() => {
    if (now.state !== "signed-out") return;
    const abort = new AbortController();
    const look = () => void lookForSession();
    // One may have signed in again in another tab: whoever comes back from there looks at this one.
    document.addEventListener("visibilitychange", look, { signal: abort.signal });
    addEventListener("focus", look, { signal: abort.signal });
    return () => abort.abort();
  }, [now.state]);
  return (
    <div class="banner" role="status">
      {now.state === "lost" ? (
        <p class="bad">
          The connection to the sidecar was lost at {clock(now.since)}. It is tried again all the time; what
          you see is from before.
        </p>
      ) : null}
      {now.state === "up" && wasLost.current ? (
        <span class="unseen">The connection to the sidecar is back.</span>
      ) : null}
      {now.state === "signed-out" ? (
        <p class="bad">
          Your session has ended.{" "}
          <button type="button" onClick={signInAgain}>
            Sign in
          </button>
        </p>
      ) : null}
    </div>
  );
}

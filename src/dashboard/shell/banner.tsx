import { connection } from "../api/connection.ts";
import { signInAgain } from "../state/session.ts";
import { clock } from "../ui/format.ts";

/** Says that the sidecar can't be reached, or that one is signed out. It is there, empty, while all is well: only a change is read out. */
export function Banner() {
  const now = connection();
  return (
    <div class="banner" role="status">
      {now.state === "lost" ? (
        <p class="bad">
          The connection to the sidecar was lost at {clock(now.since)}. It is tried again all the time; what
          you see is from before.
        </p>
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

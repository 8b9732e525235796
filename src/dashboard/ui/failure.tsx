import type { ComponentChildren } from "preact";
import { ApiError, sayError } from "../api/problem.ts";
import { Remedy } from "./remedy.tsx";

/** What went wrong, in words, and the line that mends it. */
export function Failure({ error, children }: { error: unknown; children?: ComponentChildren }) {
  const problem = error instanceof ApiError ? error.problem : undefined;
  return (
    <div class="failure">
      {/* What is told anew with each try, such as the request's id, is not in it: it would be read out each time. */}
      <div role="alert">
        <p>
          <strong>{problem?.title ?? "This did not work"}.</strong> {sayError(error)}
        </p>
        {problem?.errors === undefined ? null : (
          <ul>
            {problem.errors.map(({ pointer, detail }) => (
              <li key={`${pointer}${detail}`}>
                <code>{pointer}</code> {detail}
              </li>
            ))}
          </ul>
        )}
        <Remedy text={problem?.remedy} />
      </div>
      {problem?.requestId === undefined ? null : (
        <p class="dim">
          Request <code>{problem.requestId}</code>
        </p>
      )}
      {children}
    </div>
  );
}

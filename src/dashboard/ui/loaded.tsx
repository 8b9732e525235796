import type { ComponentChildren } from "preact";
import type { Known } from "../api/use-answer.ts";
import { Failure } from "./failure.tsx";
import { clock } from "./format.ts";

/** Shows what is known of an answer: that it is awaited, that it failed, and, with what it was before, that it is old. */
export function Loaded<T>({ of, children }: { of: Known<T>; children: (value: T) => ComponentChildren }) {
  const { value, error, at } = of;
  if (value === undefined) {
    return error === undefined ? <p class="dim waiting">One moment…</p> : <Failure error={error} />;
  }
  return (
    <>
      {error === undefined ? null : (
        <Failure error={error}>
          <p>What follows is from {at === undefined ? "before" : clock(at)}.</p>
        </Failure>
      )}
      {children(value)}
    </>
  );
}

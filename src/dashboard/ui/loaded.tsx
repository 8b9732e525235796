import type { ComponentChildren } from "preact";
import { isLoss } from "../api/problem.ts";
import type { Known } from "../api/use-answer.ts";
import { Failure } from "./failure.tsx";
import { clock } from "./format.ts";
import { Waiting } from "./waiting.tsx";

/** Shows what is known of an answer: that it is awaited, that it failed, and, with what it was before, that it is old. */
export function Loaded<T>(props: {
  of: Known<T>;
  /** What may keep an answer, where it can take long. */
  whatKeepsIt?: string;
  children: (value: T) => ComponentChildren;
}) {
  const { of, whatKeepsIt, children } = props;
  const { value, at } = of;
  // That the connection is lost, the banner says, for all of the page.
  const error = isLoss(of.error) ? undefined : of.error;
  if (value === undefined) {
    return error === undefined ? <Waiting whatKeepsIt={whatKeepsIt} /> : <Failure error={error} />;
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

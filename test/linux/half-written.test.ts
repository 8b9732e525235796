import { expect, test } from "vitest";
import { isHalfWritten } from "../../src/linux/half-written.ts";

test.each([
  ["as long", "port = 80\n", "port = 91\n"],
  ["longer", "a = 1\n", "a = two\nb = 3\n"],
  ["shorter", "a = two\nb = 3\n", "a = 1\n"],
  ["empty before", "", "a = 1\n"],
])(
  "what a write in place leaves that is broken off at any byte is told, for one that is %s",
  (_, from, to) => {
    const [old, next] = [Buffer.from(from), Buffer.from(to)];
    // What goes beyond the old end first, then the rest from the beginning on, then the end.
    const states = [old];
    const tail = next.subarray(old.length);
    for (let count = 1; count <= tail.length; count += 1)
      states.push(Buffer.concat([old, tail.subarray(0, count)]));
    const head = Math.min(old.length, next.length);
    const full = Buffer.concat([old, tail]);
    for (let count = 1; count <= head; count += 1)
      states.push(Buffer.concat([next.subarray(0, count), full.subarray(count)]));
    states.push(next);
    const isEither = (state: Buffer) => state.equals(old) || state.equals(next);
    expect(states.map((state) => isHalfWritten(state, old, next))).toEqual(
      states.map((state) => !isEither(state)),
    );
    expect(states.some((state) => !isEither(state))).toBe(true);
  },
);

test.each(["c = 1\n", "a = 1\nb", "", "a = 1\n\n\n\n\n\n\n\n\n\n"])("%j is another's", (content) => {
  expect(isHalfWritten(Buffer.from(content), Buffer.from("a = 1\n"), Buffer.from("a = 2 \n"))).toBe(false);
});

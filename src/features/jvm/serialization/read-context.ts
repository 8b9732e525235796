import { type ByteInput, need, type Reading } from "./byte-input.ts";
import type { JavaClass, JavaValue } from "./java-values.ts";
import { decodeModifiedUtf8 } from "./modified-utf8.ts";
import { BASE_HANDLE } from "./protocol.ts";
import type { ReadLimits } from "./read-limits.ts";
import { JavaStreamError } from "./stream-error.ts";

/** What the parts of the reader share while a stream is read: the input, the handles, and what is still allowed. */
export interface ReadContext {
  readonly input: ByteInput;
  /** Reads a value that begins with any tag. */
  readContent(): Reading<JavaValue>;
  /** Gives out the next handle; what it stands for may be set later. */
  reserve(): number;
  set(handle: number, target: HandleTarget): void;
  /** What a handle of the stream stands for. */
  resolve(wireHandle: number): HandleTarget;
  /** Forgets all handles. */
  reset(): void;
  /** Counts values that are about to be read. */
  spend(values: number): void;
  /** Counts a level; gives it back by {@link leave}. */
  enter(): void;
  leave(): void;
  readonly depth: number;
  /** Counts the classes from one to the uppermost: a class may be above others by a reference, which takes no level. */
  addClass(type: JavaClass): void;
  fail(message: string): never;
}

/** A class descriptor is no value, and yet it has a handle. */
export type HandleTarget =
  | { readonly isClass: true; readonly type: JavaClass }
  | { readonly isClass: false; readonly value: JavaValue };

/** Makes what a reader of one stream needs. */
export function createReadContext(
  input: ByteInput,
  limits: ReadLimits,
  readContent: () => Reading<JavaValue>,
): ReadContext {
  let handles: (HandleTarget | undefined)[] = [];
  let handlesLeft = limits.handles;
  let valuesLeft = limits.values;
  let depth = 0;
  const heights = new WeakMap<JavaClass, number>();
  const fail = (message: string): never => {
    throw new JavaStreamError(message, input.offset);
  };
  return {
    input,
    readContent,
    reserve() {
      // Those of before a reset count, too: they may still be held.
      handlesLeft -= 1;
      if (handlesLeft < 0) fail(`more than the ${limits.handles} objects that are allowed`);
      return handles.push(undefined) - 1;
    },
    set(handle, target) {
      handles[handle] = target;
    },
    resolve: (wireHandle) =>
      handles[wireHandle - BASE_HANDLE] ?? fail("a reference to what is not there, or not complete"),
    reset() {
      handles = [];
    },
    spend(values) {
      valuesLeft -= values;
      if (valuesLeft < 0) fail(`more than the ${limits.values} values that are allowed`);
    },
    enter() {
      depth += 1;
      if (depth > limits.depth) fail(`nested deeper than the ${limits.depth} levels that are allowed`);
    },
    leave() {
      depth -= 1;
    },
    get depth() {
      return depth;
    },
    addClass(type) {
      const height = 1 + ((type.superClass && heights.get(type.superClass)) ?? 0);
      if (height > limits.depth) fail(`a class below more than the ${limits.depth} that are allowed`);
      heights.set(type, height);
    },
    fail,
  };
}

/** Reads a string with its length of 16 bits before it. */
export function* readUtf(input: ByteInput): Reading<string> {
  yield* need(input, 2);
  return yield* readUtfBytes(input, input.u16());
}

/** Reads a string of so many bytes. */
export function* readUtfBytes(input: ByteInput, count: number): Reading<string> {
  yield* need(input, count);
  const { offset } = input;
  return decodeModifiedUtf8(input.view(count), offset);
}

import { type ByteInput, need, type Reading } from "./byte-input.ts";
import type { JavaValue, PrimitiveElements } from "./java-values.ts";
import { PRIMITIVE_BYTES } from "./protocol.ts";
import type { ReadContext } from "./read-context.ts";

/** The elements of arrays. */

/** Of each element type, how its elements are kept, and read. */
const PRIMITIVES: Readonly<Record<string, (count: number, input: ByteInput) => Filling>> = {
  B: (count, input) => filling(new Int8Array(count), () => input.i8()),
  C: (count, input) => filling(new Uint16Array(count), () => input.u16()),
  D: (count, input) => filling(new Float64Array(count), () => input.f64()),
  F: (count, input) => filling(new Float32Array(count), () => input.f32()),
  I: (count, input) => filling(new Int32Array(count), () => input.i32()),
  J: (count, input) => {
    const elements = new BigInt64Array(count);
    const fill = (index: number) => {
      elements[index] = input.i64();
    };
    return { elements, fill };
  },
  S: (count, input) => filling(new Int16Array(count), () => input.i16()),
  Z: (count, input) => filling(new Uint8Array(count), () => (input.u8() === 0 ? 0 : 1)),
};

interface Filling {
  readonly elements: PrimitiveElements;
  fill(index: number): void;
}

function filling(elements: Exclude<PrimitiveElements, BigInt64Array>, read: () => number): Filling {
  const fill = (index: number) => {
    elements[index] = read();
  };
  return { elements, fill };
}

/** Reads the length. */
export function* readLength(context: ReadContext): Reading<number> {
  yield* need(context.input, 4);
  const length = context.input.i32();
  return length < 0 ? context.fail("an array of a negative length") : length;
}

/** Reads the elements of an array of primitives. */
export function* readPrimitives(
  context: ReadContext,
  typeCode: string,
  length: number,
): Reading<PrimitiveElements> {
  const { input } = context;
  const size = PRIMITIVE_BYTES.get(typeCode);
  const create = PRIMITIVES[typeCode];
  if (size === undefined || create === undefined) return context.fail("an array of no known type");
  // Before any memory is taken for what was only announced.
  if (length * size > input.allowance) {
    context.fail(`an array of ${length * size} bytes is announced, ${input.allowance} are allowed`);
  }
  const { elements, fill } = create(length, input);
  for (let index = 0; index < length; ) {
    yield* need(input, size);
    const end = Math.min(length, index + Math.floor(input.available / size));
    for (; index < end; index += 1) fill(index);
  }
  return elements;
}

/** Reads the elements of an array of objects into `elements`, which may be referred to already. */
export function* readObjects(context: ReadContext, length: number, elements: JavaValue[]): Reading<void> {
  if (length > context.input.allowance) {
    context.fail(`an array of ${length} elements is announced, ${context.input.allowance} bytes are allowed`);
  }
  context.spend(length);
  for (let index = 0; index < length; index += 1) elements.push(yield* context.readContent());
}

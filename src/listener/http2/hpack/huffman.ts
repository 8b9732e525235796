/** The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B): reading only. */

/**
 * How many bits the code of each byte has, and at the end that of EOS. The code is canonical: those of one length follow
 * each other in the order of the bytes, and begin where the shorter ones end. So the lengths are all there is to say.
 */
const CODE_LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

const EOS = 256;
const LONGEST_CODE = Math.max(...CODE_LENGTHS);
/** Padding is shorter than a byte. */
const MOST_PADDING = 7;

/** Nodes of the tree that have branches: as a state, each says which bits of a code have come. */
const NODES = CODE_LENGTHS.length - 1;
const ROOT = 0;
/** The state after EOS, which nothing leads out of. */
const FAILED = NODES;

/** What a step says: the state after it, whether a byte is complete, and which. */
const STATE_MASK = 0x1ff;
const EMITS_SHIFT = 9;
const BYTE_SHIFT = 10;
/** A step reads half a byte: no code is so short that two could end in it. */
const STEP_BITS = 4;

const TREE = treeOf(CODE_LENGTHS);
/** By state and half a byte. */
const STEPS = stepsOf(TREE);
/** Tells after which states a text may end. */
const IS_END = endsOf(TREE);

/** Most texts fit in it once they are decoded; it is used again and again. */
const SCRATCH = Buffer.allocUnsafeSlow(4_096);

/**
 * The text that stands there, a char for each byte.
 * @returns undefined where EOS is in it, or its padding is not right: more than 7 bits, or not all of them ones.
 */
export function huffmanText(bytes: Buffer, from: number, to: number): string | undefined {
  // No code has fewer than 5 bits.
  const mostBytes = Math.ceil(((to - from) * 8) / 5);
  const text = mostBytes <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafe(mostBytes);
  let length = 0;
  let state = ROOT;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    const high = STEPS[(state << STEP_BITS) | (byte >> STEP_BITS)] ?? FAILED;
    // Without a branch: what is not complete is written over.
    text[length] = high >> BYTE_SHIFT;
    length += (high >> EMITS_SHIFT) & 1;
    const low = STEPS[((high & STATE_MASK) << STEP_BITS) | (byte & 0xf)] ?? FAILED;
    text[length] = low >> BYTE_SHIFT;
    length += (low >> EMITS_SHIFT) & 1;
    state = low & STATE_MASK;
  }
  return IS_END[state] === 1 ? text.toString("latin1", 0, length) : undefined;
}

/** The tree of the code: at twice a node, and beside it, where a 0 and a 1 lead: to a node, or to a byte (as `~byte`). */
function treeOf(lengths: readonly number[]): Int16Array {
  const tree = new Int16Array(2 * NODES);
  let nodes = 1;
  let code = 0;
  for (let length = 1; length <= LONGEST_CODE; length += 1, code *= 2) {
    for (let byte = 0; byte < lengths.length; byte += 1) {
      if (lengths[byte] !== length) continue;
      let node = ROOT;
      for (let bit = length - 1; bit > 0; bit -= 1) {
        const branch = 2 * node + ((code >> bit) & 1);
        if (tree[branch] === 0) tree[branch] = nodes++;
        node = tree[branch] ?? ROOT;
      }
      tree[2 * node + (code & 1)] = ~byte;
      code += 1;
    }
  }
  return tree;
}

function stepsOf(tree: Int16Array): Int32Array {
  const steps = new Int32Array((NODES + 1) << STEP_BITS).fill(FAILED);
  for (let place = 0; place < NODES << STEP_BITS; place += 1) {
    steps[place] = stepFrom(tree, place >> STEP_BITS, place & 0xf);
  }
  return steps;
}

function stepFrom(tree: Int16Array, state: number, bits: number): number {
  let node = state;
  let emitted = 0;
  for (let bit = STEP_BITS - 1; bit >= 0; bit -= 1) {
    const next = tree[2 * node + ((bits >> bit) & 1)] ?? 0;
    if (next === ~EOS) return FAILED;
    if (next < 0) emitted = (~next << BYTE_SHIFT) | (1 << EMITS_SHIFT);
    node = Math.max(next, ROOT);
  }
  return emitted | node;
}

/** Padding is the beginning of EOS. */
function endsOf(tree: Int16Array): Uint8Array {
  const ends = new Uint8Array(NODES + 1);
  let node = ROOT;
  for (let bits = 0; bits <= MOST_PADDING; bits += 1) {
    ends[node] = 1;
    node = tree[2 * node + 1] ?? ROOT;
  }
  return ends;
}

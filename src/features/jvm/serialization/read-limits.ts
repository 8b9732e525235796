/** How much of a stream is read before it is refused: what a peer can make us do is bounded by these. */
export interface ReadLimits {
  /** Of all that is read. */
  readonly bytes: number;
  /** How deep objects may lie within objects; each level takes native stack. */
  readonly depth: number;
  /** Objects, strings, arrays and classes. */
  readonly handles: number;
  /** Fields and elements, those of arrays of primitives aside. */
  readonly values: number;
}

/** Room for all that a large server's MBeans say at once; no more than some hundred MB of memory at the worst. */
export const READ_LIMITS: ReadLimits = { bytes: 16_777_216, depth: 200, handles: 500_000, values: 2_000_000 };

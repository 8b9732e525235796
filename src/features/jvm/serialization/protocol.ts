/** The constants of the protocol (Java Object Serialization Specification, section 6.4.2). */

export const STREAM_MAGIC = 0xaced;
export const STREAM_VERSION = 5;
/** The handles of a stream count from here. */
export const BASE_HANDLE = 0x7e0000;

/** What begins each content. */
export const TC = {
  null: 0x70,
  reference: 0x71,
  classDesc: 0x72,
  object: 0x73,
  string: 0x74,
  array: 0x75,
  class: 0x76,
  blockData: 0x77,
  endBlockData: 0x78,
  reset: 0x79,
  blockDataLong: 0x7a,
  exception: 0x7b,
  longString: 0x7c,
  proxyClassDesc: 0x7d,
  enum: 0x7e,
} as const;

/** The flags of a class descriptor. */
export const SC = {
  writeMethod: 0x01,
  serializable: 0x02,
  externalizable: 0x04,
  blockData: 0x08,
  enum: 0x10,
} as const;

/** How many bytes a primitive of a type code takes. */
export const PRIMITIVE_BYTES: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["C", 2],
  ["D", 8],
  ["F", 4],
  ["I", 4],
  ["J", 8],
  ["S", 2],
  ["Z", 1],
]);

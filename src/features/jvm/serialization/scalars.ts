import {
  fieldOf,
  isInstance,
  isJavaArray,
  isJavaObject,
  type JavaObject,
  type JavaValue,
  partOf,
  textFieldOf,
} from "./java-values.ts";

/** Objects of Java's own that stand for one number or one text. */

/** A number, a truth or a text that an object stands for. */
export type Scalar = boolean | number | bigint | string;

/** What a box of `java.lang`, or a number of `java.util.concurrent.atomic`, holds; undefined for any other object. */
export function unbox(value: JavaValue | undefined): Scalar | undefined {
  if (!isJavaObject(value) || !BOXES.has(value.type.name)) return undefined;
  const inner = fieldOf(value, "value");
  return typeof inner === "object" || inner === undefined ? undefined : inner;
}

const BOXES: ReadonlySet<string> = new Set([
  ...["Boolean", "Byte", "Character", "Double", "Float", "Integer", "Long", "Short"].map(
    (name) => `java.lang.${name}`,
  ),
  ...["AtomicInteger", "AtomicLong"].map((name) => `java.util.concurrent.atomic.${name}`),
]);

/** Decimal digits of more take longer with the square of their number, and nobody reads them. */
const MAX_MAGNITUDE_BYTES = 4_096;

/** What a `BigInteger` says; undefined where it is none, or longer than anyone reads. */
export function bigIntegerOf(value: JavaValue | undefined): bigint | undefined {
  if (!isInstance(value, "java.math.BigInteger")) return undefined;
  const magnitude = fieldOf(value, "magnitude");
  const signum = fieldOf(value, "signum");
  if (!isJavaArray(magnitude) || !(magnitude.elements instanceof Int8Array)) return undefined;
  if (typeof signum !== "number" || magnitude.elements.length > MAX_MAGNITUDE_BYTES) return undefined;
  const hex = Buffer.from(magnitude.elements).toString("hex");
  // The stream may say that it is no integer.
  return BigInt(Math.sign(signum) || 0) * BigInt(`0x0${hex}`);
}

/** What `BigDecimal.toString` gives; undefined where it is none. */
export function bigDecimalOf(value: JavaValue | undefined): string | undefined {
  if (!isInstance(value, "java.math.BigDecimal")) return undefined;
  const unscaled = bigIntegerOf(fieldOf(value, "intVal"));
  const scale = fieldOf(value, "scale");
  return unscaled === undefined || typeof scale !== "number" ? undefined : decimalText(unscaled, scale);
}

/** The canonical form of `BigDecimal`: with an exponent only where it is shorter, or there is no other. */
function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? "-" : "";
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const exponent = digits.length - 1 - scale;
  if (scale === 0) return sign + digits;
  if (scale > 0 && exponent >= -6) {
    const padded = digits.padStart(scale + 1, "0");
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  if (exponent === 0) return sign + mantissa;
  return `${sign}${mantissa}E${exponent > 0 ? "+" : ""}${exponent}`;
}

/** When a `java.util.Date`, or one of a class below it, is; in milliseconds since 1970. */
export function dateOf(value: JavaValue | undefined): number | undefined {
  if (!isInstance(value, "java.util.Date")) return undefined;
  const [block] = partOf(value, "java.util.Date")?.annotation ?? [];
  if (typeof block !== "object" || block?.kind !== "block" || block.bytes.length < 8) return undefined;
  return Number(block.bytes.readBigInt64BE());
}

/** Classes whose objects are best told by one text, and where that is. */
const TEXTS: Readonly<Record<string, (object: JavaObject) => string | undefined>> = {
  "java.net.InetAddress": (object) => ipv4Of(fieldOf(object, "address")),
  "java.net.Inet6Address": (object) => ipv6Of(fieldOf(object, "ipaddress")),
  "java.io.File": (object) => textFieldOf(object, "path"),
  "java.net.URI": (object) => textFieldOf(object, "string"),
  "java.net.URL": urlOf,
  "java.util.UUID": uuidOf,
};

/** The text that an object of some classes of Java's own is best told by. */
export function textOf(object: JavaObject): string | undefined {
  const read = Object.hasOwn(TEXTS, object.type.name) ? TEXTS[object.type.name] : undefined;
  return read?.(object);
}

function ipv4Of(address: JavaValue | undefined): string | undefined {
  if (typeof address !== "number") return undefined;
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

const IPV6_BYTES = 16;

/** As `getHostAddress` has it, which leaves out no zeros. */
function ipv6Of(address: JavaValue | undefined): string | undefined {
  if (!isJavaArray(address) || !(address.elements instanceof Int8Array)) return undefined;
  if (address.elements.length !== IPV6_BYTES) return undefined;
  const bytes = Buffer.from(address.elements);
  const groups = Array.from({ length: IPV6_BYTES / 2 }, (_, at) => bytes.readUInt16BE(at * 2));
  return groups.map((group) => group.toString(16)).join(":");
}

function urlOf(object: JavaObject): string | undefined {
  const [protocol, authority, file, ref] = ["protocol", "authority", "file", "ref"].map((name) =>
    textFieldOf(object, name),
  );
  if (protocol === undefined) return undefined;
  return `${protocol}:${authority ? `//${authority}` : ""}${file ?? ""}${ref === undefined ? "" : `#${ref}`}`;
}

function uuidOf(object: JavaObject): string | undefined {
  const [most, least] = ["mostSigBits", "leastSigBits"].map((name) => fieldOf(object, name));
  if (typeof most !== "bigint" || typeof least !== "bigint") return undefined;
  const hex = [most, least].map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

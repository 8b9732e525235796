/** Names of MBeans: `domain:key=value,key=value`, as `javax.management.ObjectName` reads them. */

/** A name, or a pattern of names. */
export interface ObjectNameParts {
  readonly domain: string;
  /** In the order of the text; values as they are written, with their quotes. */
  readonly properties: ReadonlyMap<string, string>;
  /** Whether it can stand for more than one name. */
  readonly isPattern: boolean;
  /** Whether it ends with `*` as a property: others may be there, too. */
  readonly isPropertyListPattern: boolean;
}

/** A text that is no name of an MBean. */
export class ObjectNameError extends Error {
  override readonly name = "ObjectNameError";
  /** What Java's own code says of it, where that is known. */
  readonly inJava: string | undefined;

  constructor(message: string, inJava?: string) {
    super(message);
    this.inJava = inJava;
  }
}

const MAX_CHARS = 8_192;
/** A key, and a value: quoted with its escapes, or without any of what ends one. */
const PROPERTY = /([^,=:*?\n]+)=("(?:[^"\\\n]|\\[\\"?*n])*"|[^,=:"\n]*)(,|$)/y;

/**
 * Parses a name.
 * @throws {ObjectNameError} saying what is wrong.
 */
export function parseObjectName(text: string): ObjectNameParts {
  if (text.length > MAX_CHARS) throw new ObjectNameError("the name of the MBean is too long");
  const colon = text.indexOf(":");
  const domain = text.slice(0, colon);
  if (colon === -1 || domain.includes("\n")) {
    const inJava = text.includes("=") ? "Domain part must be specified" : "Key properties cannot be empty";
    throw refusal(text, "a domain and a colon come first", inJava);
  }
  const { properties, isPropertyListPattern } = parseProperties(text, colon + 1);
  const isPattern = isPropertyListPattern || isWild(domain) || [...properties.values()].some(isWildValue);
  return { domain, properties, isPattern, isPropertyListPattern };
}

/** The name with its properties in the order of their keys, as `getCanonicalName` gives it. */
export function canonicalName({ domain, properties, isPropertyListPattern }: ObjectNameParts): string {
  const sorted = [...properties]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return `${domain}:${[...sorted, ...(isPropertyListPattern ? ["*"] : [])].join(",")}`;
}

function parseProperties(
  text: string,
  from: number,
): Pick<ObjectNameParts, "properties" | "isPropertyListPattern"> {
  const properties = new Map<string, string>();
  let isPropertyListPattern = false;
  let at = from;
  let isMoreExpected = true;
  while (isMoreExpected) {
    const wild = /\*(,|$)/y;
    wild.lastIndex = at;
    PROPERTY.lastIndex = at;
    const star = isPropertyListPattern ? null : wild.exec(text);
    const match = star ?? PROPERTY.exec(text);
    if (match === null) throw refusal(text, `key=value is expected at character ${at + 1}`);
    if (star === null) addProperty(text, properties, match);
    else isPropertyListPattern = true;
    at += match[0].length;
    isMoreExpected = match[0].endsWith(",");
  }
  return { properties, isPropertyListPattern };
}

function addProperty(text: string, properties: Map<string, string>, match: RegExpExecArray): void {
  const [, key = "", value = ""] = match;
  if (properties.has(key)) throw refusal(text, `the key ${key} is there twice`);
  properties.set(key, value);
}

function isWild(text: string): boolean {
  return /[*?]/.test(text);
}

function isWildValue(value: string): boolean {
  return isWild(value.startsWith('"') ? value.replace(/\\./g, "") : value);
}

function refusal(text: string, why: string, inJava?: string): ObjectNameError {
  return new ObjectNameError(`${JSON.stringify(text)} is no name of an MBean: ${why}`, inJava);
}

/** The names of MBeans as a tree: by domain, then by type, then by what else their keys say. */

const FIRST_KEYS = ["type", "j2eeType"];
const PLAIN_KEYS = ["type", "j2eeType", "name"];

/** A name, read. */
export interface MBeanName {
  readonly whole: string;
  readonly domain: string;
  /** The type first, the others in the order in which they stand. */
  readonly keys: readonly (readonly [key: string, value: string])[];
}

/** What has the same value of a key: others below it, MBeans, or both. */
export interface MBeanNode {
  readonly title: string;
  /** Of this very node. */
  readonly mbean: string | undefined;
  readonly nodes: readonly MBeanNode[];
  /** How many MBeans are in it. */
  readonly count: number;
}

/** Reads a name; a value in quotes may have commas and equals signs in it. */
export function readName(whole: string): MBeanName {
  const colon = whole.indexOf(":");
  const keys: (readonly [string, string])[] = [];
  for (const [, key = "", value = ""] of whole
    .slice(colon + 1)
    .matchAll(/([^=,]+)=("(?:[^"\\]|\\.)*"|[^,]*)/g)) {
    keys.push([key, value]);
  }
  const inOrder = keys.toSorted(([one], [other]) => rankOf(one) - rankOf(other));
  return { whole, domain: whole.slice(0, colon), keys: inOrder };
}

/** The tree of many names: domains, and below each the values of their keys one after the other. */
export function treeOf(names: readonly string[]): readonly MBeanNode[] {
  const read = names.map(readName);
  const domains = Map.groupBy(read, ({ domain }) => domain);
  return [...domains].sort(byTitle).map(([domain, members]) => nodeOf(domain, members, 0));
}

function nodeOf(title: string, members: readonly MBeanName[], depth: number): MBeanNode {
  const here = members.find(({ keys }) => keys.length === depth);
  const below = members.filter((member) => member !== here);
  const groups = Map.groupBy(below, ({ keys }) => titleOf(keys[depth]));
  const nodes = [...groups].sort(byTitle).map(([name, some]) => {
    const [only, ...others] = some;
    // A path that does not branch is one step.
    if (only === undefined || others.length > 0) return nodeOf(name, some, depth + 1);
    return leafOf(only, depth);
  });
  return { title, mbean: here?.whole, nodes, count: members.length };
}

function leafOf({ whole, keys }: MBeanName, depth: number): MBeanNode {
  return { title: keys.slice(depth).map(titleOf).join(", "), mbean: whole, nodes: [], count: 1 };
}

/** A type and a name are known by their values: that is what one looks for. */
function titleOf(key: readonly [string, string] | undefined): string {
  if (key === undefined) return "";
  return PLAIN_KEYS.includes(key[0]) ? key[1] : `${key[0]}=${key[1]}`;
}

function rankOf(key: string): number {
  const rank = FIRST_KEYS.indexOf(key);
  return rank === -1 ? FIRST_KEYS.length : rank;
}

function byTitle([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one.localeCompare(other, "en");
}

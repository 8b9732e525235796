import { messageOf } from "../../../base/errors.ts";
import type { ReadBudget } from "../../../linux/lines-of.ts";
import {
  findSockets,
  identifyTables,
  type SocketEntry,
  type SocketSearch,
} from "../../../linux/socket-tables.ts";
import { tableOf } from "./known-socket.ts";
import type { WantedSocket } from "./socket-book.ts";

/** 50,000 sockets are 8 MB of text. */
const MAX_LOOK_BYTES = 16_777_216;
const TOO_LONG = `Sockets beyond the first ${MAX_LOOK_BYTES / 1_048_576} MiB of the kernel's tables have no addresses.`;
const MAX_NETWORKS = 8;
const TOO_MANY = `Only sockets of ${MAX_NETWORKS} network namespaces have addresses.`;
/** Of so many processes at a time the namespace is asked; of others it is taken to be that of the main one. */
const MAX_ASKED = 64;
const NO_NETWORK = -1;
/** So long a process is taken to stay in its namespace. */
const KNOWN_MS = 1_000;
const MAX_KNOWN = 4_096;
const MAX_TRIED = 4;

/** What is looked for in one namespace. */
interface Search {
  readonly inodes: Set<string>;
  readonly tables: ReadonlySet<string> | undefined;
}

/** Looks for sockets in the tables of the network namespaces that traced processes live in. */
export class SocketLooker {
  readonly #mainPid: number;
  /** Of each namespace the process through which it is seen: the one that was last found in it. */
  readonly #members = new Map<number, number>();
  /** The namespace of each process, and when it was looked at. */
  readonly #known = new Map<number, { readonly network: number; readonly atMs: number }>();
  readonly #remarks = new Set<string>();
  #lookedBytes = 0;

  /** @param mainPid whose namespace stands for that of a process that has ended. */
  constructor(mainPid: number) {
    this.#mainPid = mainPid;
  }

  /** How much of the tables the last look has read: what it cost. */
  get lookedBytes(): number {
    return this.#lookedBytes;
  }

  /** Why not all could be looked for, in sentences. */
  get remarks(): readonly string[] {
    return [...this.#remarks];
  }

  /** What there is of sockets, by inode. It does not fail: why something can't be read is in {@link remarks}. */
  async look(wanted: readonly WantedSocket[]): Promise<ReadonlyMap<number, SocketEntry>> {
    const networkOf = await this.#networksOf(wanted);
    const searches = groupBy(wanted, networkOf);
    const budget: ReadBudget = { bytesLeft: MAX_LOOK_BYTES };
    const found = new Map<number, SocketEntry>();
    for (const [network, { inodes, tables }] of searches) {
      take(
        await this.#search(network, inodes, { budget, ...(tables === undefined ? {} : { tables }) }),
        inodes,
        found,
      );
    }
    if (this.#members.size > 1) await this.#lookElsewhere(searches, budget, found);
    if (budget.bytesLeft <= 0) this.#remarks.add(TOO_LONG);
    this.#lookedBytes = MAX_LOOK_BYTES - budget.bytesLeft;
    return found;
  }

  /** A socket may have come from another namespace, by inheritance or setns(2). */
  async #lookElsewhere(
    searches: ReadonlyMap<number, Search>,
    budget: ReadBudget,
    found: Map<number, SocketEntry>,
  ): Promise<void> {
    for (const network of this.#members.keys()) {
      for (const [own, { inodes }] of searches) {
        if (own !== network) take(await this.#search(network, inodes, { budget }), inodes, found);
      }
    }
  }

  async #search(
    network: number,
    inodes: ReadonlySet<string>,
    how: SocketSearch,
  ): Promise<ReadonlyMap<string, SocketEntry>> {
    if (inodes.size === 0) return new Map();
    const pid = await this.#memberOf(network);
    if (pid === undefined) return new Map();
    try {
      return await findSockets(pid, inodes, how);
    } catch (error) {
      this.#refused(pid, error);
      return new Map();
    }
  }

  /** A process through which a namespace is seen, and that is still there. */
  async #memberOf(network: number): Promise<number | undefined> {
    const member = this.#members.get(network);
    if (member === undefined || member === this.#mainPid) return member;
    const others = [...this.#known].filter(([, known]) => known.network === network).map(([pid]) => pid);
    for (const pid of [member, ...others.slice(-MAX_TRIED)]) {
      if ((await identifyTables(pid).catch(() => undefined)) !== network) continue;
      this.#members.set(network, pid);
      return pid;
    }
    return undefined;
  }

  async #networksOf(wanted: readonly WantedSocket[]): Promise<(pid: number | null) => number> {
    const main = await this.#networkOf(this.#mainPid);
    const pids = new Set(wanted.map(({ pid }) => pid ?? this.#mainPid));
    const asked = [...pids].filter((pid) => pid !== this.#mainPid).slice(0, MAX_ASKED);
    const networks = new Map(
      await Promise.all(asked.map(async (pid) => [pid, await this.#networkOf(pid)] as const)),
    );
    // A process that has ended has left its sockets in the namespace of the others, as a rule.
    const [anyOther = NO_NETWORK] = this.#members.keys();
    return (pid) => (pid === null ? undefined : networks.get(pid)) ?? main ?? anyOther;
  }

  async #networkOf(pid: number): Promise<number | undefined> {
    const known = this.#known.get(pid);
    const nowMs = performance.now();
    if (known !== undefined && nowMs - known.atMs < KNOWN_MS) return known.network;
    try {
      // What a process that has ended was in is known from before.
      const network = await identifyTables(pid);
      if (network === undefined) return known?.network;
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(pid, { network, atMs: nowMs });
      // The main process outlives those that work for it, as a rule.
      if (this.#members.get(network) === this.#mainPid) return network;
      if (this.#members.has(network) || this.#members.size < MAX_NETWORKS) this.#members.set(network, pid);
      else this.#remarks.add(TOO_MANY);
      return network;
    } catch (error) {
      this.#refused(pid, error);
      return undefined;
    }
  }

  #refused(pid: number, error: unknown): void {
    // Once: each further process would be told of with another number.
    if ([...this.#remarks].some((remark) => remark.startsWith(REFUSED))) return;
    this.#remarks.add(`${REFUSED} /proc/${pid}/net can't be read: ${messageOf(error)}.`);
  }
}

const REFUSED = "Sockets lack addresses in events:";

/** Moves what was found out of what is looked for. */
function take(
  entries: ReadonlyMap<string, SocketEntry>,
  inodes: Set<string>,
  found: Map<number, SocketEntry>,
): void {
  for (const [inode, entry] of entries) {
    inodes.delete(inode);
    found.set(Number(inode), entry);
  }
}

function groupBy(
  wanted: readonly WantedSocket[],
  networkOf: (pid: number | null) => number,
): ReadonlyMap<number, Search> {
  const groups = Map.groupBy(wanted, ({ pid }) => networkOf(pid));
  return new Map(
    [...groups].map(([network, members]) => {
      const tables = members.map(({ socket }) => tableOf(socket.protocol));
      return [
        network,
        {
          inodes: new Set(members.map(({ socket }) => String(socket.inode))),
          tables: tables.includes(undefined)
            ? undefined
            : new Set(tables.filter((each) => each !== undefined)),
        },
      ];
    }),
  );
}

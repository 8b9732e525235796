import { stat } from "node:fs/promises";
import { canonical } from "../base/addresses.ts";
import { lineBatchesOf, type ReadBudget } from "./lines-of.ts";
import { formatAddress } from "./listening-sockets.ts";
import { isGone } from "./proc.ts";

/** A socket as the tables of its network namespace tell it (proc_pid_net(5)). */
export interface SocketEntry {
  readonly family: "inet" | "inet6" | "unix" | "netlink" | "packet";
  /** `tcp`, `udp`, `raw`…; for Unix sockets `stream`, `dgram` or `seqpacket`. */
  readonly type: string;
  /** Null where it has none. */
  readonly state: string | null;
  /** `address:port`, or the path of a Unix socket; `@` stands before an abstract one. Null where it is bound to nothing. */
  readonly local: string | null;
  /** Null where it is connected to nothing, or the table does not tell. */
  readonly peer: string | null;
  readonly sendQueueBytes: number | null;
  readonly receiveQueueBytes: number | null;
}

/** One of the tables in `/proc/<pid>/net`. */
interface Table {
  readonly file: string;
  /** Where the inode stands in a line. */
  readonly inodeField: number;
  readonly parse: (fields: readonly string[], line: string) => SocketEntry;
}

/** include/net/tcp_states.h; UDP uses 1 for connected and 7 for all others. */
const TCP_STATES = [
  ...["", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"],
  ...["CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"],
];
/** include/uapi/linux/net.h. */
const UNIX_STATES = ["FREE", "UNCONNECTED", "CONNECTING", "CONNECTED", "DISCONNECTING"];
const UNIX_TYPES: Readonly<Record<string, string>> = {
  "0001": "stream",
  "0002": "dgram",
  "0005": "seqpacket",
};
/** SO_ACCEPTCON of net/unix: it listens. */
const LISTENS = 0x10000;

/** Those that most sockets are in come first: a search ends with what it looks for. */
const TABLES: readonly Table[] = [
  internet("inet", "tcp"),
  internet("inet6", "tcp"),
  { file: "unix", inodeField: 6, parse: unix },
  ...["udp", "udplite", "raw", "icmp"].flatMap((type) => [internet("inet", type), internet("inet6", type)]),
  { file: "netlink", inodeField: 9, parse: ([, protocol]) => plain("netlink", `protocol ${protocol}`) },
  {
    file: "packet",
    inodeField: 8,
    parse: ([, , type, protocol]) => plain("packet", `type ${type}, protocol 0x${protocol}`),
  },
];

/** How a search for sockets is narrowed. */
export interface SocketSearch {
  /** What may be read; without it, 32 MiB of each table. Where nothing is left of it, not all was searched. */
  readonly budget?: ReadBudget;
  /** The tables to look into, by their names in `/proc/<pid>/net`; all where it is left out. */
  readonly tables?: ReadonlySet<string>;
}

const MAX_TABLE_BYTES = 33_554_432;

/**
 * Finds sockets by their inodes in the tables of the network namespace that a process lives in: `/proc/<pid>/net` shows
 * it whatever namespace we are in. What is not found is of another kind (vsock…), of another namespace, bound to nothing
 * (TCP), or closed meanwhile. Throws the system error where a table can't be read.
 */
export async function findSockets(
  pid: number,
  inodes: ReadonlySet<string>,
  { budget, tables }: SocketSearch = {},
): Promise<ReadonlyMap<string, SocketEntry>> {
  const found = new Map<string, SocketEntry>();
  for (const table of TABLES) {
    if (found.size === inodes.size) break;
    if (tables !== undefined && !tables.has(table.file)) continue;
    try {
      await searchTable(pid, table, { inodes, found, budget: budget ?? { bytesLeft: MAX_TABLE_BYTES } });
    } catch (error) {
      // A kernel without this protocol has no such table.
      if (!isGone(error)) throw error;
    }
  }
  return found;
}

/**
 * What tells the tables of one network namespace from those of another; undefined where there is no such process. Unlike
 * the link in `/proc/<pid>/ns` it needs no privilege.
 */
export async function identifyTables(pid: number): Promise<number | undefined> {
  try {
    return (await stat(`/proc/${pid}/net/tcp`)).ino;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function searchTable(
  pid: number,
  { file, inodeField, parse }: Table,
  {
    inodes,
    found,
    budget,
  }: { inodes: ReadonlySet<string>; found: Map<string, SocketEntry>; budget: ReadBudget },
): Promise<void> {
  for await (const lines of lineBatchesOf(`/proc/${pid}/net/${file}`, budget)) {
    for (const line of lines) {
      // A table may have a hundred thousand lines, of which few are taken apart.
      const inode = fieldOf(line, inodeField);
      if (inodes.has(inode)) found.set(inode, parse(line.trim().split(/\s+/), line));
    }
    if (found.size === inodes.size) return;
  }
}

const SPACE = 0x20;

/** A field of a line, counted from 0; empty where it has not so many. */
function fieldOf(line: string, index: number): string {
  let at = 0;
  for (let passed = 0; passed <= index; passed += 1) {
    while (line.charCodeAt(at) === SPACE) at += 1;
    const start = at;
    while (at < line.length && line.charCodeAt(at) !== SPACE) at += 1;
    if (passed === index) return line.slice(start, at);
  }
  return "";
}

function internet(family: "inet" | "inet6", type: string): Table {
  return {
    file: family === "inet" ? type : `${type}6`,
    inodeField: 9,
    parse([, local = "", peer = "", state = "", queues = ""]) {
      const [send = "", receive = ""] = queues.split(":");
      const hasState = type === "tcp" || Number.parseInt(state, 16) === 1;
      const far = endpoint(peer, family);
      return {
        ...{ family, type, local: endpoint(local, family), peer: /:0$/.test(far) ? null : far },
        state: hasState ? (TCP_STATES[Number.parseInt(state, 16)] ?? state) : null,
        sendQueueBytes: Number.parseInt(send, 16),
        receiveQueueBytes: Number.parseInt(receive, 16),
      };
    },
  };
}

function endpoint(text: string, family: "inet" | "inet6"): string {
  const [address = "", port = ""] = text.split(":");
  const formatted = formatAddress(address);
  return `${family === "inet6" ? `[${canonical(formatted)}]` : formatted}:${Number.parseInt(port, 16)}`;
}

function unix([, , , flags = "", type = "", state = ""]: readonly string[], line: string): SocketEntry {
  // A path may hold blanks.
  const [, path = ""] = /^\S+ \S+ \S+ \S+ \S+ \S+ +\d+ (.*)$/.exec(line) ?? [];
  const isListening = (Number.parseInt(flags, 16) & LISTENS) !== 0;
  return {
    ...{ family: "unix", type: UNIX_TYPES[type] ?? type, local: path === "" ? null : path, peer: null },
    state: isListening ? "LISTEN" : (UNIX_STATES[Number.parseInt(state, 16)] ?? state),
    ...{ sendQueueBytes: null, receiveQueueBytes: null },
  };
}

function plain(family: "netlink" | "packet", type: string): SocketEntry {
  const nothing = { state: null, local: null, peer: null, sendQueueBytes: null, receiveQueueBytes: null };
  return { family, type, ...nothing };
}

import { linesOf } from "./lines-of.ts";
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

type Parse = (fields: readonly string[], line: string) => [inode: string, entry: SocketEntry] | undefined;

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

const TABLES: readonly (readonly [file: string, parse: Parse])[] = [
  ...["tcp", "udp", "udplite", "raw", "icmp"].map((type) => [type, internet("inet", type)] as const),
  ...["tcp", "udp", "udplite", "raw", "icmp"].map((type) => [`${type}6`, internet("inet6", type)] as const),
  ["unix", unix],
  ["netlink", ([, protocol, , , , , , , , inode]) => plain(inode, "netlink", `protocol ${protocol}`)],
  [
    "packet",
    ([, , type, protocol, , , , , inode]) => plain(inode, "packet", `type ${type}, protocol 0x${protocol}`),
  ],
];

/**
 * Finds sockets by their inodes in the tables of the network namespace that a process lives in: `/proc/<pid>/net` shows
 * it whatever namespace we are in. What is not found is of another kind (vsock…), or of another namespace.
 */
export async function findSockets(
  pid: number,
  inodes: ReadonlySet<string>,
): Promise<ReadonlyMap<string, SocketEntry>> {
  const found = new Map<string, SocketEntry>();
  for (const [file, parse] of TABLES) {
    if (found.size === inodes.size) break;
    try {
      for await (const line of linesOf(`/proc/${pid}/net/${file}`)) {
        const [inode, entry] = parse(line.trim().split(/\s+/), line) ?? [];
        if (inode !== undefined && entry !== undefined && inodes.has(inode)) found.set(inode, entry);
      }
    } catch (error) {
      // A kernel without this protocol has no such table.
      if (!isGone(error)) throw error;
    }
  }
  return found;
}

function internet(family: "inet" | "inet6", type: string): Parse {
  return ([, local, peer, state = "", queues = "", , , , , inode]) => {
    if (inode === undefined || local === undefined || peer === undefined || !/:/.test(local))
      return undefined;
    const [send = "", receive = ""] = queues.split(":");
    const hasState = type === "tcp" || Number.parseInt(state, 16) === 1;
    const far = endpoint(peer, family);
    return [
      inode,
      {
        ...{ family, type, local: endpoint(local, family), peer: /:0$/.test(far) ? null : far },
        state: hasState ? (TCP_STATES[Number.parseInt(state, 16)] ?? state) : null,
        sendQueueBytes: Number.parseInt(send, 16),
        receiveQueueBytes: Number.parseInt(receive, 16),
      },
    ];
  };
}

function endpoint(text: string, family: "inet" | "inet6"): string {
  const [address = "", port = ""] = text.split(":");
  const formatted = formatAddress(address);
  return `${family === "inet6" ? `[${formatted}]` : formatted}:${Number.parseInt(port, 16)}`;
}

function unix(
  [, , , flags = "", type = "", state = "", inode]: readonly string[],
  line: string,
): ReturnType<Parse> {
  if (inode === undefined || !/^\d+$/.test(inode)) return undefined;
  // A path may hold blanks.
  const [, path = ""] = /^\S+ \S+ \S+ \S+ \S+ \S+ +\d+ (.*)$/.exec(line) ?? [];
  const isListening = (Number.parseInt(flags, 16) & LISTENS) !== 0;
  return [
    inode,
    {
      ...{ family: "unix", type: UNIX_TYPES[type] ?? type, local: path === "" ? null : path, peer: null },
      state: isListening ? "LISTEN" : (UNIX_STATES[Number.parseInt(state, 16)] ?? state),
      ...{ sendQueueBytes: null, receiveQueueBytes: null },
    },
  ];
}

function plain(inode: string | undefined, family: "netlink" | "packet", type: string): ReturnType<Parse> {
  if (inode === undefined || !/^\d+$/.test(inode)) return undefined;
  const nothing = { state: null, local: null, peer: null, sendQueueBytes: null, receiveQueueBytes: null };
  return [inode, { family, type, ...nothing }];
}

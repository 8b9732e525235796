import type { Argument } from "../events/argument.ts";
import { endOfString } from "../events/scan.ts";
import { unescapeText } from "../events/unescape.ts";

/** The address of a socket, as strace writes the structure that a call takes or fills (sockaddr(3type)). */
export interface SocketName {
  readonly family: "inet" | "inet6" | "unix";
  /** `10.0.0.7:5432`, `[::1]:80`, a path, or an abstract name with an `@` before it. */
  readonly text: string;
  /** Whether a port or a name is given; without, the kernel chooses one. */
  readonly isGiven: boolean;
}

const IPV4 = /^\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([\d.]+)"\)\}$/;
const IPV6 = /^\{sa_family=AF_INET6, sin6_port=htons\((\d+)\), .*inet_pton\(AF_INET6, "([\da-f:.]+)", /;
const UNIX = "{sa_family=AF_UNIX";
const PATH = "{sa_family=AF_UNIX, sun_path=";
const WILDCARD = /^(?:0\.0\.0\.0|\[::\]):/;

/** Reads the address in an argument; undefined where it has none, or one of another family. */
export function readSocketName(argument: Argument | undefined): SocketName | undefined {
  if (argument?.kind !== "structure") return undefined;
  const { text } = argument;
  const [, port4, ipv4 = ""] = IPV4.exec(text) ?? [];
  if (port4 !== undefined) return { family: "inet", text: `${ipv4}:${port4}`, isGiven: port4 !== "0" };
  const [, port6, ipv6 = ""] = IPV6.exec(text) ?? [];
  if (port6 !== undefined) return { family: "inet6", text: `[${ipv6}]:${port6}`, isGiven: port6 !== "0" };
  return text.startsWith(UNIX) ? readUnix(text) : undefined;
}

/** Whether an address stands for all addresses of the machine. */
export function isWildcardName(text: string): boolean {
  return WILDCARD.test(text);
}

/** `sun_path="/run/app"`, `sun_path=@"abstract"`, or nothing, as of the client's end of most connections. */
function readUnix(text: string): SocketName {
  const start = PATH.length + (text.charAt(PATH.length) === "@" ? 1 : 0);
  const end = text.startsWith(PATH) && text.charAt(start) === '"' ? endOfString(text, start) : -1;
  if (end === -1) return { family: "unix", text: "", isGiven: false };
  const name = unescapeText(text.slice(start + 1, end - 1)).value;
  return { family: "unix", text: text.slice(PATH.length, start) + name, isGiven: name !== "" };
}

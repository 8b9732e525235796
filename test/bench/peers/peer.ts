/** What a peer is: a proxy that terminates HTTPS before the same core, with the same certificate. */

/** One proxy that is measured. Another one is a file beside this one, and a line in `peers.ts`. */
export interface Peer {
  readonly name: string;
  /** Which protocols its clients can speak. */
  readonly protocols: readonly Protocol[];
  /** The program and its version, and what about its configuration matters. */
  describe(): Promise<string>;
  /** Starts it, and waits until it accepts. */
  start(site: Site): Promise<RunningPeer>;
}

/** What a client speaks, by its ALPN name. */
export type Protocol = "http/1.1" | "h2";

/** What all peers of one run share. */
export interface Site {
  readonly corePort: number;
  /** PEM files with a P-256 key. */
  readonly certFile: string;
  readonly keyFile: string;
  /** An empty folder, for this peer alone. */
  readonly dir: string;
}

/** A peer that accepts. */
export interface RunningPeer extends AsyncDisposable {
  readonly port: number;
  /** The process whose tree is charged for the work. */
  readonly pid: number;
}

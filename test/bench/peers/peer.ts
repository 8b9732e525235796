/** What a peer is: a proxy that terminates HTTPS before the same core, with the same certificate. */

/** One proxy that is measured. Another one is a file beside this one, and a line in `peers.ts`. */
export interface Peer {
  readonly name: string;
  /** Which protocols its clients can speak. */
  readonly protocols: readonly Protocol[];
  /** What installs it, where this machine has it not. */
  missing(): string | undefined;
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

/** The most connections to the core that a peer may have: the default of the sidecar, given to all. */
export const CORE_CONNECTIONS = 256;

/** Connections that a peer must be able to hold: those of clients, and those to the core. */
export const ALL_CONNECTIONS = 11_000;

/** Where a client or the core is silent, and shall stay: longer than any load. */
export const SILENCE_SECONDS = 600;

import type { Duplex } from "node:stream";
import type { Tunnel } from "./tunnel.ts";

/** The upgrades under way: they are counted, told to go when the sidecar stops, and cut when it ends. */
export class OpenUpgrades implements Disposable {
  /** By the client's end; undefined while the core has not switched. */
  readonly #tunnels = new Map<Duplex, Tunnel | undefined>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** When the last of them is to go, by `performance.now()`; undefined while nothing ends. */
  #endsAtMs: number | undefined;

  /** How many are open. */
  get size(): number {
    return this.#tunnels.size;
  }

  /** An upgrade begins. */
  add(client: Duplex): void {
    this.#tunnels.set(client, undefined);
    client.once("close", () => this.#tunnels.delete(client));
  }

  /** The core has switched. */
  joined(client: Duplex, tunnel: Tunnel): void {
    if (!this.#tunnels.has(client)) return;
    this.#tunnels.set(client, tunnel);
    if (this.#endsAtMs !== undefined) this.#leaveIn(tunnel, this.#endsAtMs - performance.now());
  }

  /**
   * Ends all that are open and that still come within `graceMs`, decently: the oldest first, and spread evenly, since
   * their clients will all come back elsewhere.
   */
  drain(graceMs: number): void {
    this.#endsAtMs = performance.now() + graceMs;
    const stepMs = graceMs / this.#tunnels.size;
    let inMs = 0;
    for (const tunnel of this.#tunnels.values()) {
      inMs += stepMs;
      if (tunnel !== undefined) this.#leaveIn(tunnel, inMs);
    }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const client of this.#tunnels.keys()) client.destroy();
  }

  #leaveIn(tunnel: Tunnel, inMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      tunnel.goAway();
    }, inMs);
    this.#timers.add(timer);
  }
}

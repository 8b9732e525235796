import { connect } from "node:net";
import type { Logger } from "../../web/log.ts";
import type { CoreAddress } from "./address.ts";

/**
 * Spares a core that is down: after some connections in a row that could not be made, requests are refused at once,
 * and one probe at a time asks whether it is back.
 */
export interface Circuit extends Disposable {
  /** Whether requests are to be refused. */
  readonly isOpen: boolean;
  /** A connection was made. */
  succeeded(): void;
  /** A connection could not be made. */
  failed(error: unknown): void;
}

/** What a {@link Circuit} needs to know. */
export interface CircuitOptions {
  readonly address: CoreAddress;
  readonly connectTimeoutMs: number;
  readonly probeIntervalMs: number;
  readonly log: Logger | undefined;
}

const FAILURES_TO_OPEN = 3;

/** Makes a circuit, closed at first. */
export function createCircuit({ address, connectTimeoutMs, probeIntervalMs, log }: CircuitOptions): Circuit {
  let failures = 0;
  let isOpen = false;
  let timer: NodeJS.Timeout | undefined;

  const close = () => {
    failures = 0;
    if (!isOpen) return;
    isOpen = false;
    log?.info("the app is back");
  };
  const probe = () => {
    timer = undefined;
    const socket = connect({ host: address.hostname, port: address.port });
    socket.setTimeout(connectTimeoutMs, () => socket.destroy());
    socket.once("connect", () => {
      close();
      socket.destroy();
    });
    socket.once("error", () => undefined);
    socket.once("close", () => {
      if (isOpen) schedule();
    });
  };
  const schedule = () => {
    timer ??= setTimeout(probe, probeIntervalMs);
  };

  return {
    get isOpen() {
      return isOpen;
    },
    succeeded: close,
    failed(error) {
      failures += 1;
      if (isOpen || failures < FAILURES_TO_OPEN) return;
      isOpen = true;
      log?.warn(
        { err: error, probeIntervalMs },
        "the app can't be reached: requests are refused until a probe reaches it",
      );
      schedule();
    },
    [Symbol.dispose]() {
      isOpen = false;
      clearTimeout(timer);
    },
  };
}

import type { Argument, Target } from "../events/argument.ts";
import { changeTargets, targetsOf } from "../events/change-targets.ts";
import type { CallEvent } from "../events/event.ts";
import { type KnownSocket, tell } from "./known-socket.ts";
import { isInodeOnly } from "./socket-book.ts";

interface Told {
  /** All that the call names, as it was told. */
  readonly targets: readonly Target[];
  readonly event: CallEvent;
}

/** Some megabytes at most: what is longer is not kept. */
const MAX_KNOWN = 2_048;
const MAX_KNOWN_CHARS = 1_024;

/**
 * Gives calls the addresses of their sockets. Calls that share their arguments (events/call-memory.ts) share them
 * afterwards, too, as long as what is known of their sockets is the same.
 */
export class ToldCalls {
  readonly #known = new Map<readonly Argument[], Told>();

  /**
   * The call with what is known of the sockets that it names.
   * @param chars about how long its line is.
   */
  tell(event: CallEvent, sockets: readonly KnownSocket[], chars: number): CallEvent {
    const change = (target: Target) => withAddresses(target, sockets);
    if (event.args === null) return changeTargets(event, change);
    const targets = targetsOf(event).map(change);
    const known = this.#known.get(event.args);
    if (known !== undefined && isSame(known.targets, targets)) {
      const { args, resultTarget } = known.event;
      return { ...event, args, resultTarget };
    }
    const told = changeTargets(event, change);
    if (chars > MAX_KNOWN_CHARS) return told;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(event.args, { targets, event: told });
    return told;
  }
}

function withAddresses(target: Target, sockets: readonly KnownSocket[]): Target {
  if (!isInodeOnly(target)) return target;
  const socket = sockets.find(({ inode }) => inode === target.inode);
  return socket === undefined ? target : tell(target, socket);
}

function isSame(some: readonly Target[], others: readonly Target[]): boolean {
  return some.length === others.length && some.every((target, index) => target === others[index]);
}

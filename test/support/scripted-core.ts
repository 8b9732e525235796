import { createServer, type Server, type Socket } from "node:net";
import { type Message, readMessages } from "./messages.ts";

/** A core that answers byte for byte as told, and remembers what it saw. */

/** One answer of the core. */
export interface CoreAnswer {
  readonly pieces: readonly string[];
  /** What the core does afterwards. */
  readonly after: "stay" | "end" | "reset";
  /** Whether it waits for the whole request, or answers its head. */
  readonly at: "end" | "head";
}

/** The core. Its server is not listening yet. */
export interface ScriptedCore {
  readonly server: Server;
  /** Forgets everything, and takes the answers for the next requests. */
  begin(next: readonly CoreAnswer[]): void;
  /** Requests in the order of their heads, and what could not be understood. */
  seen(): { requests: Message[]; odd: string[] };
  /** Closes all connections. */
  end(): void;
}

/** Counts what moves, for {@link quiet}. */
export interface Activity {
  count: number;
}

/** One connection of the core. */
interface CoreTalk {
  readonly socket: Socket;
  text: string;
  /** Requests of this connection that are answered, or being answered. */
  answered: number;
}

/** Makes the core. */
export function createScriptedCore(activity: Activity): ScriptedCore {
  let answers: CoreAnswer[] = [];
  let talks: CoreTalk[] = [];
  const order: { talk: CoreTalk; index: number }[] = [];

  const look = (talk: CoreTalk) => {
    const { messages } = readMessages(talk.text, () => "request");
    const index = talk.answered;
    const message = messages[index];
    if (message === undefined) return;
    if (!order.some((entry) => entry.talk === talk && entry.index === index)) order.push({ talk, index });
    const answer = answers[0];
    if (answer === undefined || (answer.at === "end" && !message.isComplete)) return;
    answers.shift();
    talk.answered += 1;
    void say(talk, answer);
  };
  const say = async (talk: CoreTalk, { pieces, after }: CoreAnswer) => {
    for (const piece of pieces) {
      talk.socket.write(piece, "latin1");
      activity.count += 1;
      await turns(2);
    }
    if (after === "end") talk.socket.end();
    else if (after === "reset") talk.socket.resetAndDestroy();
    else look(talk);
  };
  const server = createServer((socket) => {
    const talk: CoreTalk = { socket, text: "", answered: 0 };
    talks.push(talk);
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      activity.count += 1;
      talk.text += data.toString("latin1");
      look(talk);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      activity.count += 1;
    });
  });
  return {
    server,
    begin(next: readonly CoreAnswer[]) {
      answers = [...next];
      talks = [];
      order.length = 0;
    },
    seen() {
      const readings = new Map(talks.map((talk) => [talk, readMessages(talk.text, () => "request")]));
      const requests = order.flatMap(({ talk, index }) => readings.get(talk)?.messages[index] ?? []);
      const odd = [...readings.values()].map(({ rest }) => rest).filter((rest) => rest !== "");
      return { requests, odd };
    },
    end() {
      for (const { socket } of talks) socket.destroy();
    },
  };
}

/** Waits for some turns of the event loop, so that what was written by itself is read by itself. */
export async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve));
}

const QUIET_TICKS = 6;
const TICK_MS = 2;

/**
 * Waits until nothing moves any more. All ends are in this process: between two timers its loop takes everything that
 * has come, so more ticks without anything than there are steps through a front mean that nothing is on its way,
 * however slow the machine.
 */
export async function quiet(activity: Activity): Promise<void> {
  for (let ticks = 0, last = activity.count; ticks < QUIET_TICKS; ticks += 1) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    if (activity.count !== last) ticks = 0;
    last = activity.count;
  }
}

import { connect, type TLSSocket } from "node:tls";
import { type FrontOptions, listenLocally, startFront } from "./front.ts";
import { type Message, readMessages } from "./messages.ts";
import { type Activity, type CoreAnswer, createScriptedCore, quiet, turns } from "./scripted-core.ts";

/** Lets a client and a core talk through a front, byte for byte as told, and tells what each of them has seen. */

/** What is said. */
export interface Conversation {
  /** What the client sends; `wait` waits until nothing moves any more. */
  readonly client: readonly (string | { readonly wait: true })[];
  /** Methods of the requests, as far as they are answered: the answer to HEAD is read differently. */
  readonly methods: readonly string[];
  /** The core's answers, one for each request it sees; after the last, it is silent. */
  readonly answers: readonly CoreAnswer[];
}

/** What was seen. */
export interface Seen {
  /** In the order of their heads. */
  readonly byCore: readonly Message[];
  /** What the core got and could not understand. */
  readonly oddForCore: readonly string[];
  readonly byClient: readonly Message[];
  readonly oddForClient: string;
  readonly isClosed: boolean;
  readonly log: readonly Record<string, unknown>[];
}

/** Conversations through one front, one after the other. */
export interface Talks extends AsyncDisposable {
  talk(conversation: Conversation): Promise<Seen>;
}

/** Starts a front for {@link Talks}. */
export async function startTalks(options: FrontOptions, file: Record<string, unknown> = {}): Promise<Talks> {
  const activity = { count: 0 };
  const core = createScriptedCore(activity);
  const port = await listenLocally(core.server);
  let lines: Record<string, unknown>[] = [];
  const log = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const front = await startFront(port, file, { ...options, log });
  return {
    async talk(conversation) {
      core.begin(conversation.answers);
      lines = [];
      const client = await openClient(front, activity);
      for (const step of conversation.client) {
        if (typeof step !== "string") await quiet(activity);
        else {
          client.socket.write(step, "latin1");
          await turns(2);
        }
      }
      await quiet(activity);
      const { isClosed } = client;
      client.socket.destroy();
      // What is still under way is over now, and the log tells of it.
      await quiet(activity);
      const said = lines;
      const { messages, rest } = readMessages(client.received, (index) =>
        conversation.methods[index] === "HEAD" ? "answer to HEAD" : "answer",
      );
      const { requests, odd } = core.seen();
      core.end();
      await quiet(activity);
      return {
        byCore: requests,
        oddForCore: odd,
        byClient: messages,
        oddForClient: rest,
        isClosed,
        log: said,
      };
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      core.end();
      await new Promise((resolve) => core.server.close(resolve));
    },
  };
}

interface Client {
  readonly socket: TLSSocket;
  received: string;
  isClosed: boolean;
}

async function openClient(
  front: { readonly port: number; readonly ca: string },
  activity: Activity,
): Promise<Client> {
  const socket = connect({ host: "127.0.0.1", port: front.port, ca: front.ca, ALPNProtocols: ["http/1.1"] });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const client: Client = { socket, received: "", isClosed: false };
  socket.setNoDelay(true);
  socket.on("data", (data) => {
    activity.count += 1;
    client.received += data.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.once("close", () => {
    activity.count += 1;
    client.isClosed = true;
  });
  return client;
}

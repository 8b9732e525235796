import { createServer, type Socket } from "node:net";
import { listenLocally } from "../support/front.ts";

/** A core that closes idle connections when it pleases: in order or with a reset, at once or a moment later. */
export interface ClosingCore extends AsyncDisposable {
  readonly port: number;
  /** Idle connections that it has closed so far. */
  readonly closings: number;
  /** Connections that it has accepted so far. */
  readonly connections: number;
  /** Paths of POSTs that came more than once. */
  readonly repeatedPosts: readonly string[];
}

/** An idle connection is closed before this. */
const MAX_IDLE_MS = 50;
/** So often it is closed right behind the answer. */
const AT_ONCE = 0.1;

/** Starts it. It answers each request with 200 and the path. */
export async function startClosingCore(): Promise<ClosingCore> {
  const counts = { closings: 0, connections: 0 };
  const sockets = new Set<Socket>();
  const posts = new Set<string>();
  const repeatedPosts: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    counts.connections += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, {
      onPost: (path) => void (posts.has(path) ? repeatedPosts.push(path) : posts.add(path)),
      onClosing: () => {
        counts.closings += 1;
      },
    });
  });
  return {
    port: await listenLocally(server),
    get closings() {
      return counts.closings;
    },
    get connections() {
      return counts.connections;
    },
    repeatedPosts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Watcher {
  onPost(path: string): void;
  onClosing(): void;
}

function serve(socket: Socket, { onPost, onClosing }: Watcher): void {
  let text = "";
  let idle: NodeJS.Timeout | undefined;
  const close = () => {
    onClosing();
    if (Math.random() < 0.5) socket.resetAndDestroy();
    else socket.destroySoon();
  };
  socket.on("error", () => undefined);
  socket.once("close", () => clearTimeout(idle));
  socket.on("data", (piece) => {
    text += piece.toString("latin1");
    if (!isWhole(text)) return;
    const [method = "", path = ""] = text.split(" ", 2);
    text = "";
    clearTimeout(idle);
    if (method === "POST") onPost(path);
    const body = method === "HEAD" ? "" : path;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${body}`);
    if (Math.random() < AT_ONCE) setImmediate(close);
    else idle = setTimeout(close, Math.random() * MAX_IDLE_MS);
  });
}

function isWhole(request: string): boolean {
  const end = request.indexOf("\r\n\r\n");
  if (end === -1) return false;
  if (/^transfer-encoding:/im.test(request)) return request.endsWith("0\r\n\r\n");
  const length = Number(/^content-length: (\d+)/im.exec(request)?.[1] ?? 0);
  return request.length - end - 4 >= length;
}

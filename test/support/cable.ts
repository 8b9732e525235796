import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to the sidecar that can be cut. */
export interface Cable extends AsyncDisposable {
  readonly origin: string;
  /** How many connections were cut. */
  readonly cuts: number;
  /** Ends every connection at once. */
  cut(): void;
  /** From now on what is sent just vanishes, or waits: nothing ends, nothing comes, as behind a firewall that was switched off. */
  hold(): void;
  /** Lets through what comes from now on; what was held is cut. */
  release(): void;
}

/** Lays a cable to the port. */
export async function startCable(port: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  let isHeld = false;
  const server = createServer((client) => {
    const sidecar = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [client, sidecar],
      [sidecar, client],
    ] as const) {
      sockets.add(from);
      if (!isHeld) from.pipe(to);
      from.on("error", () => to.destroy());
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  const own = typeof address === "object" && address !== null ? address.port : 0;
  const cut = () => {
    cuts += sockets.size;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const hold = () => {
    isHeld = true;
    for (const socket of sockets) socket.unpipe().pause();
  };
  const release = () => {
    isHeld = false;
    cut();
  };
  return {
    ...{ origin: `https://localhost:${own}`, cut, hold, release },
    get cuts() {
      return cuts;
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}

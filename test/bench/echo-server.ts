import { createServer } from "node:http";
import { WebSocketServer } from "ws";

/** The program of the core's WebSocket: it sends every message back. */
const server = createServer((_request, answer) => void answer.writeHead(426).end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  // A client that goes away without a close frame.
  socket.on("error", () => socket.terminate());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(`listening on ${address.port}`);
});

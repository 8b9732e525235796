import { LoadResultSchema } from "../load/load.ts";
import { startClient } from "../load/run-client.ts";
import { CLIENTS, type Scenario } from "./scenario.ts";

const CLIENT = new URL("../load/websocket-client.ts", import.meta.url);
const MESSAGE_BYTES = 128;

/** A scenario of WebSockets whose messages come back. Its requests are the messages. */
export const echoing: Scenario = {
  name: "websocket",
  title: `WebSocket echo, ${CLIENTS} of them, ${MESSAGE_BYTES} bytes there and back; a request is a message`,
  protocol: "http/1.1",
  requests: 40_000,
  run({ port, requests, dir }) {
    const job = {
      port,
      path: "/echo",
      connections: CLIENTS,
      messages: requests,
      messageBytes: MESSAGE_BYTES,
    };
    return startClient(CLIENT, job, dir).result(LoadResultSchema);
  },
};

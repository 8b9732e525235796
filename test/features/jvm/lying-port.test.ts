import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { isMissing } from "../../support/needs.ts";
import { coreOf } from "../processes/support.ts";
import { startFakeJvm, withJmxPort } from "./fake-jvm.ts";
import { serveJvm } from "./support.ts";

/** What a JVM says first over RMI. */
const HELLO = Buffer.from([0x4e, 0, 9, ...Buffer.from("127.0.0.1"), 0, 0, 0x30, 0x39]);
/** Before a value that a call has given. */
const RETURNED = `51aced0005770f01${"00".repeat(14)}`;
const OBJECTS = `720013${Buffer.from("[Ljava.lang.Object;").toString("hex")}90ce589f1073296c0200007870`;
const ARRAY_OF_ONE = `75${OBJECTS}00000001`;
const ANOTHER_OF_ONE = "7571007e000000000001";
const MEBIBYTE = Buffer.alloc(1_048_576, 0x70);

/** Pours without end, as fast as it is read. */
function pour(socket: Socket): void {
  const more = () => {
    while (socket.write(MEBIBYTE));
  };
  socket.on("drain", more);
  more();
}

const answering = (hex: string) => (socket: Socket) => void socket.write(Buffer.from(hex, "hex"));

test.skipIf(isMissing("compiler")).each<[string, (socket: Socket) => void, string, number, string]>([
  ["ends the connection", (socket) => socket.destroy(), "the JVM closed the connection", 502, "core-reset"],
  ["speaks no RMI", answering("485454502f"), "no reply to a call", 502, "core-protocol-error"],
  [
    "nests ten thousand deep",
    answering(RETURNED + ARRAY_OF_ONE + ANOTHER_OF_ONE.repeat(10_000)),
    "nested deeper than",
    502,
    "core-protocol-error",
  ],
  [
    "announces two gigabytes",
    answering(`${RETURNED}7c000000007fffffff`),
    "a string of 2147483647 bytes",
    502,
    "core-protocol-error",
  ],
  [
    "sends without end",
    (socket) => {
      socket.write(Buffer.from(`${RETURNED}75${OBJECTS}7fffffff`, "hex"));
      pour(socket);
    },
    "2147483647",
    502,
    "core-protocol-error",
  ],
  [
    "gives itself in place of an object",
    answering(`${RETURNED}${ARRAY_OF_ONE}71007e0001`),
    "no remote object",
    502,
    "core-protocol-error",
  ],
  ["says nothing", () => undefined, "did not answer in time", 504, "core-timeout"],
])(
  "a JMX port where somebody %s is told as a failure of the app, and the JVM is observed on",
  async (_what, lie, detail, status, code) => {
    const sockets = new Set<Socket>();
    const liar = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      socket.once("data", () => {
        socket.write(HELLO);
        socket.on("data", (chunk: Buffer) => {
          if (chunk.includes("50aced0005", 0, "hex")) lie(socket);
        });
      });
    });
    await once(liar.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      liar.close();
    });
    const { port } = liar.address() as AddressInfo;
    await using jvm = await startFakeJvm({ perfData: withJmxPort(port) });
    await using served = await serveJvm(coreOf(jvm), { env: { SIDECAR_JVM_TIMEOUT_MS: "3000" } });
    const answer = await served.get(`/jvm/${jvm.pid}/mbeans`);
    const body = await answer.json();
    expect([answer.status, body]).toMatchObject([status, { code, remedy: expect.any(String) }]);
    expect(body).toMatchObject({ detail: expect.stringContaining(detail) });
    expect((await served.get(`/jvm/${jvm.pid}`)).status).toBe(200);
  },
);

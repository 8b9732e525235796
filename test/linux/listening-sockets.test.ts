import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import {
  isLoopback,
  parseListeningSockets,
  readListeningSockets,
} from "../../src/linux/listening-sockets.ts";
import { cpuMsOf } from "../support/cpu-time.ts";

const HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

test("only sockets that listen are kept, with address, port and inode", () => {
  const table = `${HEAD}   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4 30 10 -1
   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
`;
  expect(parseListeningSockets(table)).toEqual([
    { address: "127.0.0.1", port: 8080, inode: "4711" },
    { address: "::", port: 80, inode: "4713" },
  ]);
  expect(parseListeningSockets("")).toEqual([]);
});

test("what listens is found behind fifty thousand connections that were closed lately, without a search that goes back", () => {
  const closed = (index: number) =>
    `${String(index).padStart(4)}: 0100007F:1F90 0100007F:${(index % 65_536).toString(16).toUpperCase().padStart(4, "0")} 06 00000000:00000000 03:00000F2F 00000000     0        0 0 3 0000000000000000`;
  const listening =
    "50001: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4714 1 0 100 0 0 10 0";
  const lines = [...Array.from({ length: 50_000 }, (_, index) => closed(index + 1)), listening];
  const table = `${HEAD}${lines.join("\n")}\n`;
  const found: unknown[] = [];
  // Some 15 ms. From each place anew it would be hours.
  expect(cpuMsOf(() => found.push(...parseListeningSockets(table)))).toBeLessThan(1_000);
  expect(found).toEqual([{ address: "127.0.0.1", port: 8081, inode: "4714" }]);
});

test.each(["127.0.0.1", "127.8.9.10", "::1", "0.0.0.0", "::"])(
  "a server on %s is found in our own table",
  async (address) => {
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, address, resolve));
    const bound = server.address();
    const port = typeof bound === "object" ? bound?.port : undefined;
    const found = (await readListeningSockets("self")).filter((socket) => socket.port === port);
    expect(found.map((socket) => socket.address)).toContain(address);
  },
);

test("loopback is told from other addresses", () => {
  expect(["127.0.0.1", "127.255.0.9", "::1", "::ffff:7f00:1"].map(isLoopback)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["10.0.0.1", "0.0.0.0", "::", "fe80::1", "localhost"].map(isLoopback)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

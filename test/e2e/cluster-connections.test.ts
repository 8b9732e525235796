import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProcessTable } from "../../src/linux/process-table.ts";
import { startCluster, workersOf } from "../support/cluster.ts";
import { type CountingCore, startCountingCore } from "../support/counting-core.ts";
import { poll } from "../support/poll.ts";

/** The connections of a sidecar of several processes where one of these dies: each is served or closed. */

/** What is asked for comes at once, or never. */
const PATIENT = { timeoutMs: 40_000 };

let core: CountingCore;

beforeAll(async () => {
  core = await startCountingCore();
});
afterAll(() => core[Symbol.asyncDispose]());

/** Opens a connection, and asks once. Resolves with what became of it: never where nobody does anything with it. */
async function visit(port: number, path: string): Promise<"served" | "closed"> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  let text = "";
  socket.on("secureConnect", () =>
    socket.write(`GET ${path} HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n`),
  );
  socket.on("data", (piece) => {
    text += String(piece);
  });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("close", resolve));
  return text.startsWith("HTTP/1.1 200 ") && text.endsWith(path) ? "served" : "closed";
}

test("one that was given to a worker that dies before it takes it is closed at once, the others are served", async () => {
  await using sidecar = await startCluster(core.port);
  const [victim = 0] = await workersOf(sidecar);
  process.kill(victim, "SIGSTOP");
  await poll("it to stand still", async () => (await readProcessTable()).get(victim)?.stateLetter === "T");
  const outcomes: string[] = [];
  for (const index of [1, 2, 3, 4])
    void visit(sidecar.port, `/stopped/${index}`).then((outcome) => outcomes.push(outcome));
  await poll("three of four to be served", () => outcomes.length === 3, PATIENT);
  process.kill(victim, "SIGKILL");
  await poll("the fourth to be closed", () => outcomes.length === 4, PATIENT);
  expect(outcomes).toEqual(["served", "served", "served", "closed"]);
}, 120_000);

test("where workers are killed under new connections, every one is served or closed", async () => {
  await using sidecar = await startCluster(core.port);
  const outcomes: string[] = [];
  let opened = 0;
  let isOver = false;
  const served = () => outcomes.filter((outcome) => outcome === "served").length;
  const lane = async () => {
    while (!isOver) {
      opened += 1;
      outcomes.push(await visit(sidecar.port, `/killed/${opened}`));
    }
  };
  const lanes = Array.from({ length: 16 }, lane);
  for (let round = 1; round <= 3; round += 1) {
    const before = served();
    await poll("connections to be served", () => served() >= before + 50, PATIENT);
    const [victim = 0] = await workersOf(sidecar);
    process.kill(victim, "SIGKILL");
    await poll(
      "its replacement",
      () => sidecar.log().filter(({ msg }) => String(msg).endsWith("has been replaced")).length === round,
      PATIENT,
    );
  }
  isOver = true;
  await poll("all connections to be over", () => outcomes.length === opened, PATIENT);
  await Promise.all(lanes);
}, 240_000);

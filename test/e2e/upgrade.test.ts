import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectStreams, OPCODE, startEchoCore } from "../forward/upgrade/support.ts";
import { poll } from "../support/poll.ts";
import { startSidecarProcess } from "../support/sidecar.ts";

test("open WebSockets are closed with 1001 after SIGTERM, and hold the stop up no longer than they have to", async () => {
  await using core = await startEchoCore();
  await using sidecar = await startSidecarProcess(core.port, {
    SIDECAR_SHUTDOWN_WEBSOCKET_GRACE_MS: "300",
    SIDECAR_SHUTDOWN_GRACE_MS: "60000",
  });
  const ca = await sidecar.ca();
  const overHttp1 = new WebSocket(`wss://127.0.0.1:${sidecar.port}/one`, { ca });
  await once(overHttp1, "open");
  using streams = await connectStreams({ port: sidecar.port, ca });
  const overHttp2 = streams.dial("/two");
  await overHttp2.answered;
  overHttp2.stream.on("data", () => overHttp2.send(OPCODE.CLOSE, overHttp2.frames.at(-1)?.payload ?? ""));
  const closed = once(overHttp1, "close");
  const before = performance.now();
  sidecar.process.kill("SIGTERM");
  expect((await closed)[0]).toBe(1_001);
  expect(await overHttp2.closed).toBe(0);
  expect(await sidecar.ended()).toBe(0);
  expect(performance.now() - before).toBeLessThan(10_000);
  await poll("the closes at the core", () => core.codes.length === 2);
  expect(core.codes).toEqual([1_001, 1_001]);
  expect(sidecar.log().filter(({ msg }) => msg === "upgrade")).toMatchObject([
    { path: "/one", method: "GET", http: "1.1", status: 101 },
    { path: "/two", method: "CONNECT", http: "2.0", status: 200 },
  ]);
  expect(sidecar.log().at(-1)).toMatchObject({ msg: "stopped", clean: true });
});

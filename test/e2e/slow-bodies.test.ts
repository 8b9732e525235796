import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectRaw, unusedPort } from "../support/front.ts";
import { type RunningSidecar, startSidecarProcess, TOKEN } from "../support/sidecar.ts";

/** A body for what is ours, of which no more than the beginning comes, through the whole sidecar. */

const HALF = '{"half":';
const FIELDS = {
  authorization: `Bearer ${TOKEN}`,
  "content-type": "application/json",
  "content-length": "100",
};

describe.each(["1", "2"])("with %s processes, a body for what is ours that stands still", (cluster) => {
  let sidecar: RunningSidecar;
  beforeAll(async () => {
    sidecar = await startSidecarProcess(await unusedPort(), {
      SIDECAR_CLUSTER: cluster,
      SIDECAR_LIMITS_BODY_IDLE_MS: "400",
    });
  });
  afterAll(() => sidecar[Symbol.asyncDispose]());

  test("is answered 408 over HTTP/1.1, and the connection is closed", async () => {
    const fields = Object.entries(FIELDS).map(([name, value]) => `${name}: ${value}\r\n`);
    using client = await connectRaw(
      { port: sidecar.port, ca: await sidecar.ca() },
      `POST /_sidecar/traces HTTP/1.1\r\nHost: localhost\r\n${fields.join("")}\r\n${HALF}`,
    );
    const said = await client.closed();
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    expect(said).toContain("SIDECAR_LIMITS_BODY_IDLE_MS (now 400)");
  });

  test("is answered 408 over HTTP/2, and the session goes on", async () => {
    const session = connectHttp2(`https://localhost:${sidecar.port}`, { ca: await sidecar.ca() });
    try {
      const stream = session.request({ ":path": "/_sidecar/traces", ":method": "POST", ...FIELDS });
      const answered = once(stream, "response");
      stream.setEncoding("utf8");
      let said = "";
      stream.on("data", (text: string) => {
        said += text;
      });
      stream.write(HALF);
      const [headers] = await answered;
      await once(stream, "close");
      expect(headers).toMatchObject({ ":status": 408 });
      expect(JSON.parse(said)).toMatchObject({ code: "request-timeout" });
      const next = session.request({ ":path": "/_sidecar/livez" });
      next.resume();
      const [alive] = await once(next, "response");
      expect(alive).toMatchObject({ ":status": 200 });
    } finally {
      session.destroy();
    }
  });
});

import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RawCore, startRawCore } from "../support/front.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { type RunningSidecar, startSidecarProcess } from "../support/sidecar.ts";
import { type Haproxy, startHaproxy } from "./haproxy.ts";

/** The client's address; HAProxy's own is 127.0.0.1. */
const CLIENT = "127.0.0.9";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describeWith(["haproxy"], "behind HAProxy, by header fields,", () => {
  let core: RawCore;
  let sidecar: RunningSidecar;
  let haproxy: Haproxy;

  beforeAll(async () => {
    core = await startRawCore((connection) => {
      connection.socket.on("data", () => connection.socket.write(OK));
    });
    sidecar = await startSidecarProcess(core.port, {
      SIDECAR_HEALTH_INTERVAL_MS: "3600000",
      SIDECAR_HTTPS_TRUSTED_PEERS: "127.0.0.1",
    });
    const server = `server sidecar 127.0.0.1:${sidecar.port} ssl verify none`;
    haproxy = await startHaproxy([
      `  mode http
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  ${server}`,
      `  mode http
  http-request add-header Forwarded "for=%[src];host=%[req.hdr(Host)];proto=http"
  http-request del-header X-Forwarded-For
  ${server}`,
    ]);
  });
  afterAll(async () => {
    await haproxy?.[Symbol.asyncDispose]();
    await sidecar?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  /** Asks through one of HAProxy's proxies; gives the head that reaches the core. */
  const headAtCore = async (proxy: number, path: string, headers: Record<string, string>) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const port = haproxy.ports[proxy];
    request(
      { ...{ host: "127.0.0.1", port, path, headers }, localAddress: CLIENT, agent: false },
      (answer) => void answer.resume().once("end", resolve),
    )
      .on("error", reject)
      .end();
    await promise;
    return poll("the request at the core", () =>
      core.connections
        .flatMap((connection) => connection.received().split(/(?<=\r\n\r\n)/))
        .find((head) => head.startsWith(`GET ${path} `)),
    );
  };
  const FORGED = {
    Host: "www.example:81",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/kept",
    X_Forwarded_For: "192.0.2.2",
    Forwarded: 'for=192.0.2.1;host="evil.example',
  };

  test("the client is found behind X-Forwarded-For, whatever it forges", async () => {
    const head = await headAtCore(0, "/x-forwarded-for", FORGED);
    expect(head).toContain(
      [
        `X-Forwarded-For: 192.0.2.1, ${CLIENT}, 127.0.0.1`,
        `X-Real-IP: ${CLIENT}`,
        "X-Forwarded-Proto: http",
        "X-Forwarded-Host: www.example:81",
        "X-Forwarded-Port: 81",
        `Forwarded: for=192.0.2.1;host="www.example:81";proto=http, for=${CLIENT}, for=127.0.0.1;host="www.example:81";proto=https`,
      ].join("\r\n"),
    );
    expect(head.match(/^[\w-]*forwarded[\w-]*:/gim)).toHaveLength(6);
    expect(head).toMatch(/^x-forwarded-prefix: \/kept\r$/im);
    expect(head).not.toContain("evil.example");
    const logged = await poll("the line of the log", () =>
      sidecar.log().find((line) => line["path"] === "/x-forwarded-for"),
    );
    expect(logged["client"]).toBe(CLIENT);
  });

  test("the client is found behind Forwarded, whatever it forges", async () => {
    expect(await headAtCore(1, "/forged", FORGED)).toContain(`X-Real-IP: ${CLIENT}\r\n`);
    const head = await headAtCore(1, "/forwarded", { Host: "www.example" });
    expect(head).toContain(`X-Forwarded-For: ${CLIENT}, 127.0.0.1\r\n`);
    expect(head).toContain(
      `Forwarded: for=${CLIENT};host=www.example;proto=http, for=127.0.0.1;host="www.example";proto=https\r\n`,
    );
  });
});

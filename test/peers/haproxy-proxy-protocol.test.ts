import { connect as connectHttp2 } from "node:http2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectBalancer, speakTls } from "../listener/proxy-support.ts";
import { type RawCore, startRawCore } from "../support/front.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { type RunningSidecar, startSidecarProcess } from "../support/sidecar.ts";
import { type Haproxy, startHaproxy } from "./haproxy.ts";

/** The client's address; HAProxy's own is 127.0.0.1. */
const CLIENT = "127.0.0.9";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const IPV6 = `  tcp-request connection set-src ipv6(2001:db8::7)
  tcp-request connection set-dst ipv6(2001:db8::1)
`;
const EVERYTHING = "proxy-v2-options crc32c,unique-id,ssl,cert-cn,ssl-cipher,authority";

describeWith(["haproxy"], "behind HAProxy, by the PROXY protocol,", () => {
  let core: RawCore;
  let sidecar: RunningSidecar;
  let haproxy: Haproxy;

  /** How HAProxy sends connections on: what is in its section, and behind its server's address. */
  const WAYS = [
    ["version 1", "", "send-proxy", CLIENT],
    ["version 2", "", "send-proxy-v2", CLIENT],
    [
      "version 2 with a checksum and all the vectors that it knows",
      "  unique-id-format %[uuid()]\n",
      `send-proxy-v2 ${EVERYTHING}`,
      CLIENT,
    ],
    ["version 1 for IPv6", IPV6, "send-proxy", "2001:db8::7"],
    ["version 2 for IPv6", IPV6, `send-proxy-v2 ${EVERYTHING}`, "2001:db8::7"],
    [
      "health checks of TLS, which are LOCAL",
      "  option httpchk GET /_sidecar/livez\n",
      "send-proxy-v2 check check-ssl verify none inter 100ms",
      CLIENT,
    ],
    ["no header", "", "", null],
  ] as const;

  beforeAll(async () => {
    core = await startRawCore((connection) => {
      connection.socket.on("data", () => connection.socket.write(OK));
    });
    sidecar = await startSidecarProcess(core.port, {
      SIDECAR_HEALTH_INTERVAL_MS: "3600000",
      SIDECAR_HTTPS_TRUSTED_PEERS: "127.0.0.1",
      SIDECAR_HTTPS_PROXY_PROTOCOL: "true",
    });
    haproxy = await startHaproxy(
      WAYS.map(
        ([, lines, options]) => `  mode tcp\n${lines}  server sidecar 127.0.0.1:${sidecar.port} ${options}`,
      ),
    );
  });
  afterAll(async () => {
    await haproxy?.[Symbol.asyncDispose]();
    await sidecar?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  /** The head that reaches the core when the client asks for this path. */
  const seenByCore = (path: string) =>
    poll("the request at the core", () =>
      core.connections
        .flatMap((connection) => connection.received().split(/(?<=\r\n\r\n)/))
        .find((head) => head.startsWith(`GET ${path} `)),
    );
  const portOf = (index: number) => haproxy.ports[index] ?? 0;
  const known = WAYS.flatMap(([what, , , client], index) =>
    client === null ? [] : [{ what, index, client }],
  );

  test.each(known)("$what: the core is told the client's address", async ({ index, client }) => {
    using connection = await connectBalancer(portOf(index), CLIENT);
    const secure = await speakTls(connection, { ca: await sidecar.ca(), alpn: ["http/1.1"] });
    secure.write(`GET /h1/${index} HTTP/1.1\r\nHost: app.example\r\n\r\n`);
    expect(await seenByCore(`/h1/${index}`)).toContain(`X-Forwarded-For: ${client}\r\n`);
    const logged = await poll("the line of the log", () => {
      secure.destroy();
      return sidecar.log().find((line) => line["path"] === `/h1/${index}`);
    });
    expect(logged["client"]).toBe(client);
  });

  test.each(known)("$what: the core is told the client's address, over HTTP/2", async ({ index, client }) => {
    using connection = await connectBalancer(portOf(index), CLIENT);
    const secure = await speakTls(connection, { ca: await sidecar.ca(), alpn: ["h2"] });
    const session = connectHttp2("https://localhost", { createConnection: () => secure });
    session.on("error", () => undefined);
    session.request({ ":path": `/h2/${index}` }).end();
    expect(await seenByCore(`/h2/${index}`)).toContain(`X-Forwarded-For: ${client}\r\n`);
    session.destroy();
  });

  test("health checks are answered, and come from HAProxy itself", async () => {
    const logged = await poll("a health check in the log", () =>
      sidecar.log().find((line) => line["path"] === "/_sidecar/livez"),
    );
    expect(logged).toMatchObject({ client: "127.0.0.1", status: 200 });
  });

  test("a connection without a header is closed", async () => {
    const index = WAYS.findIndex(([, , , client]) => client === null);
    using connection = await connectBalancer(portOf(index), CLIENT);
    await expect(speakTls(connection, { ca: await sidecar.ca() })).rejects.toThrow();
  });

  test("who goes round HAProxy is who he is, and can't say otherwise", async () => {
    using stranger = await connectBalancer(sidecar.port, CLIENT);
    const secure = await speakTls(stranger, { ca: await sidecar.ca(), alpn: ["http/1.1"] });
    secure.write("GET /direct HTTP/1.1\r\nHost: app.example\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
    expect(await seenByCore("/direct")).toContain(`X-Forwarded-For: ${CLIENT}\r\n`);
    using forger = await connectBalancer(sidecar.port, CLIENT);
    forger.socket.write("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    await forger.closed();
  });
});

import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectRaw } from "../support/front.ts";
import { describeWith } from "../support/peers.ts";
import { type Edge, startEdge } from "./edge.ts";
import { type Nginx, startNginx } from "./nginx.ts";

const DIRECTIVES = `
  location /echo { return 200 "$request_method $request_uri $http_host"; }
`;

describeWith(["nginx"], "requests as raw bytes to nginx", () => {
  let core: Nginx;
  let edge: Edge;

  beforeAll(async () => {
    core = await startNginx({ directives: DIRECTIVES, files: { "small.txt": "a small file\n" } });
    edge = await startEdge(core.port);
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await core?.[Symbol.asyncDispose]();
  });

  /** Everything that is answered until the connection is closed; so what is asked must end with `Connection: close`. */
  const readAll = async (socket: Socket) => {
    let text = "";
    for await (const chunk of socket) text += chunk.toString("latin1");
    return text;
  };
  const directly = (bytes: string) => {
    const socket = connect(core.port, "127.0.0.1");
    socket.write(bytes, "latin1");
    return readAll(socket);
  };
  const through = async (bytes: string) => {
    using client = await connectRaw(edge, bytes);
    // Awaited here: else `using` would end the connection at once.
    return await client.closed();
  };
  /** Status lines and bodies: what is left of the answers without their fields. */
  const essence = (text: string) =>
    text.split(/(?=HTTP\/1\.1 \d{3})/).map((answer) => {
      const [head = "", ...body] = answer.split("\r\n\r\n");
      return [head.split("\r\n")[0], body.join("\r\n\r\n")];
    });
  const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);

  const HOST = "Host: app.example\r\n";
  const CLOSE = "Connection: close\r\n\r\n";

  test.each([
    ["the absolute form", `GET http://app.example/echo?x HTTP/1.1\r\n${HOST}${CLOSE}`],
    ["the absolute form without a path", `GET http://app.example HTTP/1.1\r\n${HOST}${CLOSE}`],
    ["HTTP/1.0", `GET /echo HTTP/1.0\r\n${HOST}\r\n`],
    ["HTTP/1.0 for a file", `GET /small.txt HTTP/1.0\r\n${HOST}\r\n`],
    ["two requests at once", `GET /echo?1 HTTP/1.1\r\n${HOST}\r\nGET /echo?2 HTTP/1.1\r\n${HOST}${CLOSE}`],
    [
      "a body in chunks with extensions and trailers, and a request behind it",
      `DELETE /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n` +
        `3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\nGET /echo HTTP/1.1\r\n${HOST}${CLOSE}`,
    ],
    ["an empty Host", `GET /echo HTTP/1.1\r\nHost:\r\n${CLOSE}`],
    ["a Host with a port", `GET /echo HTTP/1.1\r\nHost: app.example:8443\r\n${CLOSE}`],
    ["bytes above 127 in a field", `GET /echo HTTP/1.1\r\n${HOST}X-Name: \xfc\r\n${CLOSE}`],
    ["a field with an underscore", `GET /echo HTTP/1.1\r\n${HOST}X_Own: 1\r\n${CLOSE}`],
    ["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}${CLOSE}`],
  ])("with %s get the same answer as without the sidecar", async (_what, bytes) => {
    expect(essence(await through(bytes))).toEqual(essence(await directly(bytes)));
  });

  test.each([
    ["no Host", 400, `GET /echo HTTP/1.1\r\n${CLOSE}`],
    ["a length that is no number", 400, `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 1x\r\n${CLOSE}`],
    ["a folded field", 400, `GET /echo HTTP/1.1\r\n${HOST}X-Long: a\r\n b\r\n${CLOSE}`],
    ["a Host that is none", 400, `GET /echo HTTP/1.1\r\nHost: a/b\r\n${CLOSE}`],
  ])("with %s are refused with %i, by the sidecar already", async (_what, status, bytes) => {
    expect(statusOf(await directly(bytes))).toBe(status);
    expect(statusOf(await through(bytes))).toBe(status);
  });

  // Where the sidecar is stricter than nginx: what it does not understand without doubt it does not pass on.
  test.each([
    ["a bare line feed", 200, 400, "GET /echo HTTP/1.1\nHost: app.example\nConnection: close\n\n"],
    ["bytes above 127 in the target", 200, 400, `GET /echo?\xfc HTTP/1.1\r\n${HOST}${CLOSE}`],
    ["a method in small letters", 400, 501, `get /echo HTTP/1.1\r\n${HOST}${CLOSE}`],
    ["a method that is not registered", 200, 501, `FROB /echo HTTP/1.1\r\n${HOST}${CLOSE}`],
    ["an unknown expectation", 200, 417, `GET /echo HTTP/1.1\r\n${HOST}Expect: the-moon\r\n${CLOSE}`],
    ["another version", 505, 505, `GET /echo HTTP/3.0\r\n${HOST}${CLOSE}`],
    ["CONNECT", 400, 405, `CONNECT app.example:443 HTTP/1.1\r\n${HOST}${CLOSE}`],
  ])("with %s, which nginx answers with %i, are refused with %i", async (_what, nginx, sidecar, bytes) => {
    expect(statusOf(await directly(bytes))).toBe(nginx);
    expect(statusOf(await through(bytes))).toBe(sidecar);
  });
});

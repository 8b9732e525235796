import { expect, test } from "vitest";
import { isMissing } from "../../../support/needs.ts";
import { startRecordedJvm } from "../../../support/recorded-jvm.ts";
import { coreOf } from "../../processes/support.ts";
import { startFakeJvm, withJmxPort } from "../fake-jvm.ts";
import { serveJvm } from "../support.ts";

const VALUES = encodeURIComponent("odd:type=Values");
const ENV = {
  SIDECAR_JVM_TOUCH: "modify",
  SIDECAR_JVM_JMX_ALLOW: '[{mbean: "odd:*", attributes: ["*"], operations: ["*"]}]',
};

const send = (method: "PUT" | "POST", body: unknown): RequestInit => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

test.skipIf(isMissing("compiler"))(
  "a mask is never written back as a value, nor is the JVM asked to",
  async () => {
    await using app = await startRecordedJvm("masked");
    await using jvm = await startFakeJvm({ perfData: withJmxPort(app.port) });
    await using served = await serveJvm(coreOf(jvm), { env: ENV });
    const change = async (what: string, request: RequestInit) => {
      const answer = await served.get(`/jvm/${jvm.pid}${what}`, request);
      return { status: answer.status, body: await answer.json() };
    };
    const attribute = `/mbeans/${VALUES}/attributes/Writable`;
    expect(await change(attribute, send("PUT", { value: 7 }))).toMatchObject({
      status: 200,
      body: { value: 7 },
    });
    const echo = `/mbeans/${VALUES}/operations/echo`;
    expect(await change(echo, send("POST", { arguments: ["*****"] }))).toMatchObject({
      ...{ status: 200, body: { result: "*****" } },
    });
    const { messages } = app;
    const masks: [string, RequestInit][] = [
      [attribute, send("PUT", { value: "******" })],
      [attribute, send("PUT", { value: { a: [1, "jdbc:x://zoe:******@db/"] } })],
      [echo, send("POST", { arguments: ["******"] })],
    ];
    for (const [what, request] of masks) {
      expect(await change(what, request)).toMatchObject({
        status: 422,
        body: {
          ...{ code: "content-invalid", detail: expect.stringContaining("mask (******)") },
          remedy: expect.stringContaining("real value"),
        },
      });
    }
    const jolokia = await change(
      "/jolokia",
      send("POST", [
        { type: "write", mbean: "odd:type=Values", attribute: "Writable", value: "******" },
        { type: "write", mbean: "odd:type=Values", attribute: "Composite", path: "name", value: "x******" },
        { type: "exec", mbean: "odd:type=Values", operation: "echo", arguments: ["******"] },
      ]),
    );
    const refused = {
      ...{ status: 400, error_type: "java.lang.IllegalArgumentException" },
      error: expect.stringContaining("send the real value"),
    };
    expect(jolokia).toMatchObject({ status: 200, body: [refused, refused, refused] });
    expect(app.messages).toBe(messages);
  },
);

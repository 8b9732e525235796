import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/base/errors.ts";
import { createCapabilities, type DisabledFeature } from "../../../src/features/capabilities/capabilities.ts";
import type { Capability, Feature } from "../../../src/features/feature.ts";
import { createLog } from "../../../src/web/log.ts";
import { bearer, send } from "../../support/send.ts";
import { OPERATOR_TOKEN, serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";

const silent = createLog({ level: "silent", access: false });
const HEADERS = bearer(VIEWER_TOKEN);

function able(name: string, capability: () => Promise<Capability>): Feature {
  return { name, routes() {}, capability };
}

const works = able("works", async () => ({ works: "yes", parts: [{ name: "all", works: true }] }));
const partly = able("tracing", async () => ({
  works: "partly",
  parts: [
    { name: "own processes", works: true },
    {
      name: "other users' processes",
      works: false,
      reason: "CAP_SYS_PTRACE is missing <here>.",
      remedy: "cap_add: [SYS_PTRACE]",
    },
  ],
}));

function serve(
  features: readonly Feature[],
  disabled: readonly DisabledFeature[] = [],
  answerTimeoutMs = 5_000,
) {
  return serveFeatures([createCapabilities(() => features, disabled, { log: silent, answerTimeoutMs })]);
}

describe("the capabilities", () => {
  test("tell of each feature what works, and of those switched off which setting it is", async () => {
    await using served = await serve(
      [works, partly],
      [{ name: "config", setting: "SIDECAR_CONFIG_ENABLED=true" }],
    );

    const answer = await send(`${served.url}/capabilities`, { headers: HEADERS });

    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      capabilities: [
        { name: "works", works: "yes", parts: [{ name: "all", works: true }] },
        {
          name: "tracing",
          works: "partly",
          parts: [
            { name: "own processes", works: true },
            {
              name: "other users' processes",
              works: false,
              reason: "CAP_SYS_PTRACE is missing <here>.",
              remedy: "cap_add: [SYS_PTRACE]",
            },
          ],
        },
        {
          name: "config",
          works: "no",
          parts: [
            { name: "config", works: false, reason: "switched off", remedy: "SIDECAR_CONFIG_ENABLED=true" },
          ],
        },
      ],
    });
  });

  test("as text have what mends it alone on a line, ready to be copied", async () => {
    await using served = await serve([partly]);

    const answer = await send(`${served.url}/capabilities`, {
      headers: { ...HEADERS, Accept: "text/plain" },
    });

    expect(answer.text.split("\n")).toEqual([
      "tracing: partly",
      "  yes  own processes",
      "  no   other users' processes  CAP_SYS_PTRACE is missing <here>.",
      "cap_add: [SYS_PTRACE]",
      "",
    ]);
  });

  test("as a page are escaped", async () => {
    await using served = await serve([partly]);

    const answer = await send(`${served.url}/capabilities`, { headers: { ...HEADERS, Accept: "text/html" } });

    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(answer.text).toContain("CAP_SYS_PTRACE is missing &lt;here&gt;.");
    expect(answer.text).toContain("<pre>cap_add: [SYS_PTRACE]</pre>");
  });

  test("need a credential", async () => {
    await using served = await serve([works]);

    expect((await send(`${served.url}/capabilities`)).status).toBe(401);
  });
});

describe("a feature that can't say what it can do", () => {
  const failing = (error: Error) => able("failing", () => Promise.reject(error));

  test.each([
    [
      "passes on what a known error says",
      failing(new AppError("permission-denied", "Not allowed.", { remedy: "uid: 0" })),
      { reason: "Not allowed.", remedy: "uid: 0" },
    ],
    [
      "passes on what the operating system says",
      failing(Object.assign(new Error("EACCES: permission denied, open '/proc/1/mem'"), { code: "EACCES" })),
      { reason: "EACCES: permission denied, open '/proc/1/mem'" },
    ],
    [
      "hides an error nobody foresaw",
      failing(new Error("password hunter2")),
      { reason: "It could not be found out; the log has the details." },
    ],
    [
      "may even throw at once",
      able("failing", () => {
        throw new Error("at once");
      }),
      { reason: "It could not be found out; the log has the details." },
    ],
  ])("%s, and the others answer", async (_, feature, why) => {
    await using served = await serve([feature, works]);

    const { capabilities } = (await send(`${served.url}/capabilities`, { headers: HEADERS })).json<{
      capabilities: Capability[];
    }>();

    expect(capabilities).toEqual([
      { name: "failing", works: "no", parts: [{ name: "failing", works: false, ...why }] },
      expect.objectContaining({ name: "works", works: "yes" }),
    ]);
  });

  test("and hangs is given up on, asked once however many wait, and asked anew when it has ended", async () => {
    let asked = 0;
    let end: (capability: Capability) => void = () => {};
    const hanging = able("hanging", () => {
      asked += 1;
      const { promise, resolve } = Promise.withResolvers<Capability>();
      end = resolve;
      return promise;
    });
    await using served = await serve([hanging, works], [], 30);
    const ask = async () => {
      const answer = await send(`${served.url}/capabilities`, { headers: bearer(OPERATOR_TOKEN) });
      return answer.json<{ capabilities: { works: string; parts: unknown[] }[] }>().capabilities;
    };

    const [first] = await Promise.all([ask(), ask(), ask()]);
    expect(first?.map((capability) => capability.works)).toEqual(["no", "yes"]);
    expect(first?.[0]?.parts).toEqual([
      { name: "hanging", works: false, reason: "It could not be found out within 30 ms." },
    ]);
    expect(asked).toBe(1);
    end({ works: "yes", parts: [] });
    await ask();
    expect(asked).toBe(2);
  });
});

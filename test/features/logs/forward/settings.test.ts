import { expect, test } from "vitest";
import { loadSettings } from "../../../../src/settings/load.ts";
import { makeLogs } from "../serve-logs.ts";

/** What is wrong with a destination, as it is told at the start. */
function complaint(entry: object): string {
  const text = JSON.stringify({
    core: { url: "http://127.0.0.1:9" },
    logs: { files: ["/a.log"], forward: [entry] },
  });
  try {
    loadSettings({ file: { path: "test.yaml", text } });
    return "";
  } catch (error) {
    return String(error);
  }
}

test("a wrong destination is refused at the start, with the rule that it breaks", () => {
  const syslog = { to: "syslog", url: "tls://logs.example.com:6514" };
  const loki = { to: "loki", url: "https://loki.example.com/loki/api/v1/push" };
  const cases: readonly (readonly [entry: object, told: string])[] = [
    [syslog, ""],
    [
      { ...syslog, url: "udp://logs:514" },
      "must be an address for syslog, such as tls://logs.example.com:6514",
    ],
    [{ ...syslog, url: "tcp://logs" }, "must be an address for syslog"],
    [{ ...syslog, url: "tcp://me:secret@logs:514" }, "must hold no user and no password"],
    [{ ...syslog, certFile: "/c.pem" }, "keyFile: is needed where certFile is set"],
    [{ ...syslog, keyFile: "/c.pem" }, "certFile: is needed where keyFile is set"],
    [{ ...syslog, url: "tcp://logs:514", caFile: "/ca.pem" }, "caFile: needs TLS"],
    [{ ...syslog, verify: false, caFile: "/ca.pem" }, "verify: can't be false beside caFile"],
    [{ ...syslog, labels: { "a-b": "x" } }, "labels: must have names of at most 32 letters, digits and _"],
    [{ ...syslog, appName: "my app" }, "appName: must be of at most 48 signs"],
    [{ ...syslog, bufferBytes: 1 }, "bufferBytes"],
    [{ ...syslog, tokenFile: "/token" }, "tokenFile: means nothing to syslog"],
    [{ ...syslog, tenant: "a" }, "tenant: is for loki only"],
    [{ ...loki, tokenFile: "/token" }, ""],
    [
      { ...loki, url: "https://loki.example.com" },
      "must be an address for loki, such as https://loki.example.com/loki",
    ],
    [{ ...loki, url: loki.url.replace("https", "http"), tokenFile: "/t" }, "would be sent unencrypted"],
    [{ ...loki, url: "http://127.0.0.1:3100/loki/api/v1/push", tokenFile: "/t" }, ""],
    [{ to: "otlp", url: "https://otel.example.com:4318" }, "such as https://otel.example.com:4318/v1/logs"],
    [{ to: "otlp", url: "https://otel.example.com:4318/v1/logs", tenant: "a" }, "tenant: is for loki only"],
    [{ ...loki, user: "me" }, "passwordFile: is needed where user is set"],
    [{ ...loki, passwordFile: "/p" }, "user: is needed where passwordFile is set"],
    [{ ...loki, user: "me", passwordFile: "/p", tokenFile: "/t" }, "tokenFile: can't be set beside user"],
    [{ ...loki, confirm: "written" }, "confirm: is for syslog only"],
    [{ ...loki, facility: 16 }, "facility: is for syslog only"],
  ];
  for (const [entry, told] of cases) {
    const said = complaint(entry);
    if (told === "") expect(said).toBe("");
    else expect([entry, said]).toEqual([entry, expect.stringContaining(told)]);
    expect(said).not.toContain("secret@");
  }
});

test("what does not fit together is refused at the start, with what mends it", () => {
  const to = { to: "syslog", url: "tcp://127.0.0.1:514" };
  const files = ["/var/log/app.log"];
  expect(() => makeLogs({ files, forward: [to, to] })).toThrow(
    "Two destinations of logs.forward are named syslog.",
  );
  expect(() => makeLogs({ files: [], forward: [to] })).toThrow("logs.files names no log");
  expect(() => makeLogs({ files, forward: [{ ...to, files: ["ap.log"] }] })).toThrow("names the log ap.log");
  const tls = { ...to, url: "tls://127.0.0.1:514", caFile: "/not/there.pem" };
  expect(() => makeLogs({ files, forward: [tls] })).toThrow("The file /not/there.pem can't be read");
});

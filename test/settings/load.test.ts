import { describe, expect, test } from "vitest";
import { loadSettings, SettingsError, type SettingsInput } from "../../src/settings/load.ts";
import { describeSettings } from "../../src/settings/reference.ts";

const CORE = { SIDECAR_CORE_URL: "http://127.0.0.1:8000" };

function issuesOf(input: SettingsInput): string[] {
  try {
    loadSettings(input);
  } catch (error) {
    if (error instanceof SettingsError)
      return error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

describe("settings", () => {
  test("are the defaults but for the app's address", () => {
    const { settings, sources } = loadSettings({ env: CORE });
    expect(settings).toMatchObject({
      prefix: "/_sidecar",
      https: { port: 8443 },
      http: { port: 8080, enabled: true },
      auth: { enabled: true },
      strace: { defaultLines: 100, durationMs: 10_000 },
    });
    expect(sources.get("https.port")).toBe("default");
    expect(sources.get("core.url")).toBe("environment");
  });

  test("come by flag over environment over file over default", () => {
    const file = { path: "app.yaml", text: "https: {port: 1}\nhttp: {port: 1}\nstrace: {maxLines: 1}" };
    const env = { ...CORE, SIDECAR_HTTPS_PORT: "2", SIDECAR_HTTP_PORT: "2" };
    const { settings, sources } = loadSettings({ flags: { "https-port": "3" }, env, file });
    expect([settings.https.port, settings.http.port, settings.strace.maxLines]).toEqual([3, 2, 1]);
    expect(["https.port", "http.port", "strace.maxLines"].map((name) => sources.get(name))).toEqual([
      "flag",
      "environment",
      "file",
    ]);
  });

  test("of every kind can be given by environment", () => {
    const { settings } = loadSettings({
      env: {
        ...CORE,
        SIDECAR_AUTH_ENABLED: "FALSE",
        SIDECAR_HTTPS_NAMES: "a.example, *.b.example",
        SIDECAR_CONFIG_FILES: "/etc/app/app.ini,/etc/app/db.yaml",
        SIDECAR_CONFIG_RELOAD: "{kind: signal}",
        SIDECAR_CORE_PROCESS: "42",
        SIDECAR_AUTH_TOKENS: '[{"name": "ops", "token": "0123456789abcdef"}]',
        SIDECAR_LOG_LEVEL: "",
      },
    });
    expect(settings.auth.enabled).toBe(false);
    expect(settings.https.names).toEqual(["a.example", "*.b.example"]);
    expect(settings.config.files).toMatchObject([{ path: "/etc/app/app.ini" }, { path: "/etc/app/db.yaml" }]);
    expect(settings.config.reload).toEqual({ kind: "signal", signal: "SIGHUP", process: "main" });
    expect(settings.core.process).toBe(42);
    expect(settings.auth.tokens).toEqual([{ name: "ops", token: "0123456789abcdef", role: "viewer" }]);
    expect(settings.log.level).toBe("info");
  });

  test("that a Service named sidecar gives every container in Kubernetes are not taken for typing errors", () => {
    const env = {
      ...CORE,
      SIDECAR_SERVICE_HOST: "10.0.0.1",
      SIDECAR_SERVICE_PORT_HTTPS: "443",
      SIDECAR_PORT: "tcp://10.0.0.1:443",
      SIDECAR_PORT_443_TCP_ADDR: "10.0.0.1",
    };
    expect(issuesOf({ env })).toEqual([]);
  });
});

describe("bad settings are all reported at once, each", () => {
  test("with name, value, rule and source", () => {
    const issues = issuesOf({
      env: {
        SIDECAR_HTTPS_PORT: "70000",
        SIDECAR_HTPS_PORT: "1",
        SIDECAR_STRACE_MAX_LINES: "many",
        SIDECAR_CONFIG_FILES: "[{path: /x, reload: {kind: shout}}]",
        SIDECAR_HTTPS_CERT_FILE: "/tls.crt",
      },
      file: { path: "app.yaml", text: "core: {urll: 3}\nfoo: 1\nhttp: 3" },
    });
    expect(issues).toEqual([
      "- core.urll (3) is not a setting; did you mean core.url? [file app.yaml]",
      "- foo (1) is not a setting [file app.yaml]",
      "- http (3) must be a mapping of settings [file app.yaml]",
      '- SIDECAR_HTPS_PORT ("1") is not a setting; did you mean SIDECAR_HTTPS_PORT? [environment]',
      "- core.url is required: set SIDECAR_CORE_URL or --core, such as --core http://127.0.0.1:8000 [not set]",
      "- SIDECAR_HTTPS_PORT (70000) is not valid: Too big: expected number to be <=65535 [environment]",
      '- SIDECAR_STRACE_MAX_LINES ("many") is not valid: Invalid input: expected number, received string [environment]',
      expect.stringMatching(
        /^- SIDECAR_CONFIG_FILES \(.*\) is not valid at 0\.reload\.kind: .*none.*signal.*http/,
      ),
    ]);
  });

  test.each([
    ["ftp://app", "must be the http:// address"],
    ["https://app", "must be the http:// address"],
    ["app:8000", "must be the http:// address"],
    ["http://app/path", "without a path"],
    ["http://user:pass@app", "without a path, a query or a user"],
  ])("core.url %s", (url, rule) => {
    const [issue = ""] = issuesOf({ env: { SIDECAR_CORE_URL: url } });
    expect(issue).toContain(rule);
    expect(issue).not.toContain("pass@");
  });

  test("but never with a secret", () => {
    const issues = issuesOf({
      env: { ...CORE, SIDECAR_AUTH_TOKEN: "short-secret", SIDECAR_AUTH_TOKN: "other-secret" },
      file: {
        path: "x",
        text: "auth: {tokens: [{name: a, token: tiny-secret}], passwort: x-secret, password: y-secret}",
      },
    }).join("\n");
    expect(issues).toContain("SIDECAR_AUTH_TOKEN (******) is not valid: must have at least 16 characters");
    expect(issues).toContain("auth.password (******) is not a setting");
    expect(issues).not.toMatch(/short-secret|tiny-secret|y-secret/);
  });

  test("where the certificate is given twice or half", () => {
    const file = (https: string) => issuesOf({ env: CORE, file: { path: "x", text: `https: ${https}` } });
    expect(file("{certFile: a}")[0]).toContain("https.keyFile is needed where https.certFile is set");
    expect(file("{certFile: a, keyFile: b, certFolder: c}")[0]).toContain(
      "can't be set beside https.certFile",
    );
  });

  test("where a trusted peer is no address and no CIDR, naming it", () => {
    const issues = issuesOf({
      env: { ...CORE, SIDECAR_HTTPS_TRUSTED_PEERS: "10.0.0.0/8, ::1, fd00::/8, 10.0.0.0/33, lb.internal" },
    });
    expect(issues).toEqual([
      expect.stringMatching(/TRUSTED_PEERS .* at 3: "10\.0\.0\.0\/33" is no IP address and no CIDR/),
      expect.stringMatching(/TRUSTED_PEERS .* at 4: "lb\.internal" is no IP address and no CIDR/),
    ]);
  });

  test("where the PROXY protocol is on and nobody is trusted", () => {
    const env = { ...CORE, SIDECAR_HTTPS_PROXY_PROTOCOL: "true" };
    expect(issuesOf({ env })).toEqual([expect.stringContaining("SIDECAR_HTTPS_PROXY_PROTOCOL (true)")]);
    expect(issuesOf({ env })[0]).toContain("needs https.trustedPeers");
    expect(issuesOf({ env: { ...env, SIDECAR_HTTPS_TRUSTED_PEERS: "::1" } })).toEqual([]);
  });

  test.each(["- a\n- b", "a: [", "just text"])("a file that is no YAML mapping: %j", (text) => {
    expect(issuesOf({ env: CORE, file: { path: "x.yaml", text } })[0]).toMatch(/x\.yaml .*must be/);
  });
});

test("the effective settings are described with their source, secrets masked", () => {
  const text = describeSettings(
    loadSettings({ env: { ...CORE, SIDECAR_AUTH_TOKEN: "a-very-secret-token", SIDECAR_HTTPS_PORT: "9443" } }),
  );
  expect(text).toMatch(/^core\.url +"http:\/\/127\.0\.0\.1:8000" +environment$/m);
  expect(text).toMatch(/^https\.port +9443 +environment$/m);
  expect(text).toMatch(/^auth\.token +\*{6} +environment$/m);
  expect(text).toMatch(/^auth\.tokenFile +unset +default$/m);
  expect(text).not.toContain("a-very-secret-token");
});

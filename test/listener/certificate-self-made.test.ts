import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import { StartError } from "../../src/base/errors.ts";
import { machineNames } from "../../src/listener/certificates/names.ts";
import { poll } from "../support/poll.ts";
import {
  DAY_MS,
  handshake,
  has,
  issue,
  keptLog,
  openStore,
  read,
  run,
  serveTls,
  temporaryFolder,
} from "./certificate-support.ts";

// Several processes of Node.js start in one test.
vi.setConfig({ testTimeout: 60_000 });

const FIXTURE = join(import.meta.dirname, "../fixtures/open-certificates.ts");

describe("a self-made certificate", () => {
  it("is for the configured names, localhost, the host name, loopback and the machine's addresses", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path, {
      https: { names: ["App.Example.com", "*.example.org", "10.1.2.3", "FD00:0::1"] },
      machineNames,
    });
    const { names, source, subject } = store.current();
    expect(source).toBe("self-made");
    expect(subject).toBe("CN=app.example.com");
    expect(names.slice(0, 5)).toEqual([
      "app.example.com",
      "*.example.org",
      "10.1.2.3",
      "fd00::1",
      "localhost",
    ]);
    expect(names).toEqual(expect.arrayContaining([hostname().toLowerCase(), "127.0.0.1", "::1"]));
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => /^(fe[89ab]|169\.254\.)/.test(name))).toEqual([]);
  });

  it("is signed by a CA that can sign nothing but leaves, with a short enough life and serial numbers of their own", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path);
    const ca = new X509Certificate(store.caPem() ?? "");
    const leaf = new X509Certificate(store.current().certPem);
    expect(ca.subject).toMatch(/^CN=Tickbird local CA .+ [0-9a-f]{8}$/);
    expect(ca.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey) && ca.verify(ca.publicKey)).toBe(true);
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    for (const { publicKey } of [ca, leaf]) {
      expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    }
    const lifeDays = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / DAY_MS;
    expect(lifeDays).toBe(397);
    expect(ca.validToDate.getTime() - Date.now()).toBeGreaterThan(3_650 * DAY_MS);
    expect(leaf.serialNumber).not.toBe(ca.serialNumber);
  });

  it("keeps its common name within 64 characters", async () => {
    await using folder = await temporaryFolder();
    const long = `${"a".repeat(40)}.${"b".repeat(40)}.example.com`;
    await using store = await openStore(folder.path, { https: { names: [long] } });
    expect(store.current().subject).toBe("CN=localhost");
    expect(store.current().names).toContain(long);
  });

  it.each(["app.example.com:8443", "a..b", "-", `${"a".repeat(64)}.example.com`])(
    "can't be made for %s, and the refusal names the setting",
    async (name) => {
      await using folder = await temporaryFolder();
      await expect(openStore(folder.path, { https: { names: [name] } })).rejects.toMatchObject({
        message: expect.stringContaining("https.names"),
        remedy: expect.stringContaining("SIDECAR_HTTPS_NAMES"),
      });
      expect(await readdir(folder.path)).toEqual([]);
    },
  );

  it("is not served under a name that can't be, even where the folder holds a good one", async () => {
    await using folder = await temporaryFolder();
    await (await openStore(folder.path))[Symbol.asyncDispose]();
    await expect(openStore(folder.path, { https: { names: ["a..b"] } })).rejects.toThrow("https.names");
  });

  it("is accepted by Node over its name and its addresses", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path, { https: { names: ["app.example.com"] } });
    await using server = await serveTls(store);
    const ca = store.caPem();
    const expected = store.current().fingerprint256;
    for (const target of [
      { host: "127.0.0.1" },
      { host: "::1" },
      { servername: "localhost" },
      { servername: "app.example.com" },
    ]) {
      expect((await handshake(server.port, { ca, ...target })).fingerprint).toBe(expected);
    }
    await expect(handshake(server.port, { ca, servername: "other.example.com" })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it.skipIf(!has("openssl"))("passes OpenSSL's strict check, by name and by address", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path, { https: { names: ["*.example.com", "fd00::5"] } });
    const verify = (...target: string[]) =>
      run("openssl", [
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        join(folder.path, "ca.crt"),
        ...target,
        join(folder.path, "leaf.crt"),
      ]);
    for (const target of [
      ["-verify_ip", "127.0.0.1"],
      ["-verify_ip", "::1"],
      ["-verify_ip", "fd00::5"],
      ["-verify_hostname", "localhost"],
      ["-verify_hostname", "www.example.com"],
    ]) {
      expect((await verify(...target)).stdout).toContain("OK");
    }
    await expect(verify("-verify_hostname", "www.example.net")).rejects.toThrow();
    const { stdout } = await run("openssl", ["x509", "-noout", "-text", "-in", join(folder.path, "ca.crt")]);
    expect(stdout).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(stdout).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\s/);
    expect(store.caPem()).toBe(await read(folder.path, "ca.crt"));
  });

  it.skipIf(!has("curl"))("is accepted by curl --cacert, by name and by both addresses", async () => {
    await using folder = await temporaryFolder();
    await using store = await openStore(folder.path);
    await using server = await serveTls(store);
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      const url = `https://${host}:${server.port}/`;
      const args = ["-sS", "--http1.1", "--noproxy", "*", "--cacert", join(folder.path, "ca.crt"), url];
      expect((await run("curl", args)).stdout).toBe("hello");
    }
  });

  it("is kept with modes that close the keys to others, in a folder made for it", async () => {
    await using folder = await temporaryFolder();
    const dir = join(folder.path, "state", "certs");
    await using _ = await openStore(dir);
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await modeOf(dir)).toBe("700");
    expect((await readdir(dir)).sort()).toEqual(["ca.crt", "ca.key", "leaf.crt", "leaf.key", "ticket.key"]);
    expect(await modeOf(join(dir, "ca.crt"))).toBe("644");
    expect(await modeOf(join(dir, "leaf.crt"))).toBe("644");
    for (const name of ["ca.key", "leaf.key", "ticket.key"])
      expect(await modeOf(join(dir, name))).toBe("600");
  });

  it("closes a key file that was left open to others", async () => {
    await using folder = await temporaryFolder();
    await (await openStore(folder.path))[Symbol.asyncDispose]();
    await chmod(join(folder.path, "ca.key"), 0o644);
    const { log, lines } = keptLog();
    await using _ = await openStore(folder.path, { log });
    expect((await stat(join(folder.path, "ca.key"))).mode & 0o777).toBe(0o600);
    expect(lines.map((line) => line.level)).toEqual(["warn"]);
  });
});

describe("the next start", () => {
  it("uses the same certificate and the same CA", async () => {
    await using folder = await temporaryFolder();
    const before = await openStore(folder.path, { https: { names: ["a.example"] } });
    await before[Symbol.asyncDispose]();
    const { log, lines } = keptLog();
    await using after = await openStore(folder.path, { https: { names: ["a.example"] }, log });
    expect(after.current()).toEqual(before.current());
    expect(after.caPem()).toBe(before.caPem());
    expect(lines).toEqual([]);
  });

  it("makes a new leaf for a new name, signed by the same CA", async () => {
    await using folder = await temporaryFolder();
    const before = await openStore(folder.path, { https: { names: ["a.example"] } });
    await before[Symbol.asyncDispose]();
    await using after = await openStore(folder.path, { https: { names: ["a.example", "b.example"] } });
    expect(after.current().names).toContain("b.example");
    expect(after.current().fingerprint256).not.toBe(before.current().fingerprint256);
    expect(after.caPem()).toBe(before.caPem());
    await using server = await serveTls(after);
    const seen = await handshake(server.port, { ca: before.caPem(), servername: "b.example" });
    expect(seen.fingerprint).toBe(after.current().fingerprint256);
  });

  it("keeps a certificate that covers more names than are wanted now", async () => {
    await using folder = await temporaryFolder();
    const before = await openStore(folder.path, { https: { names: ["a.example", "b.example"] } });
    await before[Symbol.asyncDispose]();
    await using after = await openStore(folder.path, { https: { names: ["b.example"] } });
    expect(after.current().fingerprint256).toBe(before.current().fingerprint256);
  });

  it("makes a new leaf for a new address of the machine, while it runs too", async () => {
    await using folder = await temporaryFolder();
    let addresses = ["10.0.0.1"];
    await using store = await openStore(folder.path, { machineNames: () => addresses, renewIntervalMs: 20 });
    const before = store.current();
    const ca = store.caPem();
    expect(before.names).toContain("10.0.0.1");
    addresses = ["10.0.0.1", "fd00::7"];
    await poll("the new leaf", () => store.current().names.includes("fd00::7"));
    expect(store.caPem()).toBe(ca);
  });

  it("makes a new leaf where the one in the folder is not of its CA", async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const before = await openStore(folder.path);
    await before[Symbol.asyncDispose]();
    const foreign = await openStore(other.path);
    await foreign[Symbol.asyncDispose]();
    for (const name of ["leaf.crt", "leaf.key"])
      await writeFile(join(folder.path, name), await read(other.path, name));
    await using after = await openStore(folder.path);
    expect(after.caPem()).toBe(before.caPem());
    expect(after.current().issuer).toBe(before.current().issuer);
    expect(after.current().fingerprint256).not.toBe(foreign.current().fingerprint256);
  });
});

describe("renewal", () => {
  it("comes 30 days before the end, by itself, from the same CA, without a restart", async () => {
    await using folder = await temporaryFolder();
    let nowMs = Date.now();
    await using store = await openStore(folder.path, { now: () => nowMs, renewIntervalMs: 20 });
    const before = store.current();
    const ca = store.caPem();
    const seen: string[] = [];
    store.onChange((material) => seen.push(material.fingerprint256));
    expect(store.status().renewsAt).toEqual(new Date(before.expiresAt.getTime() - 30 * DAY_MS));
    nowMs = before.expiresAt.getTime() - 31 * DAY_MS;
    await store.reload();
    expect(store.current().fingerprint256).toBe(before.fingerprint256);
    nowMs = before.expiresAt.getTime() - 29 * DAY_MS;
    await poll("the renewal", () => store.current().fingerprint256 !== before.fingerprint256);
    expect(seen).toContain(store.current().fingerprint256);
    expect(store.current().expiresAt.getTime()).toBeGreaterThan(nowMs + 390 * DAY_MS);
    expect(store.caPem()).toBe(ca);
    expect(await read(folder.path, "leaf.crt")).toBe(store.current().certPem);
  });

  it("reaches new handshakes and leaves an open connection alone", async () => {
    await using folder = await temporaryFolder();
    let nowMs = Date.now() - 380 * DAY_MS;
    await using store = await openStore(folder.path, { now: () => nowMs });
    await using server = await serveTls(store);
    const ca = store.caPem() ?? "";
    const before = store.current().fingerprint256;
    const open = connect({ port: server.port, ca });
    await once(open, "data");
    nowMs = Date.now();
    await store.reload();
    const after = await handshake(server.port, { ca });
    expect(after.fingerprint).toBe(store.current().fingerprint256);
    expect(after.fingerprint).not.toBe(before);
    open.write("still here");
    expect(String(await once(open, "data"))).toBe("still here");
    expect(open.getPeerX509Certificate()?.fingerprint256).toBe(before);
    open.destroy();
  });

  it("replaces the CA only when it is at its end, and says that clients must trust the new one", async () => {
    await using folder = await temporaryFolder();
    const nowMs = Date.now();
    const before = await openStore(folder.path, { now: () => nowMs });
    await before[Symbol.asyncDispose]();
    const caEnd = new X509Certificate(before.caPem() ?? "").validToDate.getTime();
    const late = await openStore(folder.path, { now: () => caEnd - 40 * DAY_MS });
    await late[Symbol.asyncDispose]();
    expect(late.caPem()).toBe(before.caPem());
    expect(late.current().expiresAt.getTime()).toBe(caEnd);
    const lifeMs = caEnd - late.current().notBefore.getTime();
    expect(late.status().renewsAt?.getTime()).toBe(caEnd - lifeMs / 3);
    const { log, lines } = keptLog();
    await using tooLate = await openStore(folder.path, { now: () => caEnd - 20 * DAY_MS, log });
    expect(tooLate.caPem()).not.toBe(before.caPem());
    expect(lines[0]).toMatchObject({ level: "warn", msg: expect.stringContaining("trust the new one") });
  });

  it("that fails keeps the certificate, and says so in the status and once in the log", async () => {
    await using folder = await temporaryFolder();
    let nowMs = Date.now();
    const { log, lines } = keptLog();
    await using store = await openStore(folder.path, { now: () => nowMs, log });
    const before = store.current();
    nowMs = before.expiresAt.getTime() - DAY_MS;
    // A folder in the place of the key: it can neither be read nor replaced.
    await rm(join(folder.path, "leaf.key"));
    await mkdir(join(folder.path, "leaf.key"));
    lines.length = 0;
    await store.reload();
    await store.reload();
    expect(store.current()).toBe(before);
    const remedy = expect.stringContaining("SIDECAR_CERTS_DIR");
    expect(store.status().problem).toMatchObject({ detail: expect.stringContaining("leaf.key"), remedy });
    expect(lines.map((line) => line.level)).toEqual(["error"]);
    await rm(join(folder.path, "leaf.key"), { recursive: true });
    await store.reload();
    expect(store.status().problem).toBeNull();
    expect(store.current().fingerprint256).not.toBe(before.fingerprint256);
  });
});

describe("damaged state files", () => {
  it.each([
    ["a truncated certificate", "leaf.crt", (text: string) => text.slice(0, 200)],
    ["an empty key", "leaf.key", () => ""],
    ["a damaged key", "leaf.key", (text: string) => text.replace(/[A-Za-z]{8}/g, "AAAAAAAA")],
  ])("%s of the leaf is kept as *.bad and made anew by the same CA", async (_, name, damage) => {
    await using folder = await temporaryFolder();
    const before = await openStore(folder.path);
    await before[Symbol.asyncDispose]();
    const damaged = damage(await read(folder.path, name));
    await writeFile(join(folder.path, name), damaged);
    const { log, lines } = keptLog();
    await using after = await openStore(folder.path, { log });
    expect(after.caPem()).toBe(before.caPem());
    expect(after.current().fingerprint256).not.toBe(before.current().fingerprint256);
    expect(await read(folder.path, `${name}.bad`)).toBe(damaged);
    expect(lines[0]).toMatchObject({ level: "warn", reason: expect.stringContaining(name) });
    await using server = await serveTls(after);
    await handshake(server.port, { ca: before.caPem() });
  });

  it("a key that is not the leaf's, as a crash between two writes leaves it, is made anew", async () => {
    await using folder = await temporaryFolder();
    const before = await openStore(folder.path);
    await before[Symbol.asyncDispose]();
    const oldKey = await read(folder.path, "leaf.key");
    await writeFile(join(folder.path, "leaf.key"), (await issue()).private);
    await using after = await openStore(folder.path);
    expect(after.caPem()).toBe(before.caPem());
    expect(await read(folder.path, "leaf.key")).not.toBe(oldKey);
    await using server = await serveTls(after);
    await handshake(server.port, { ca: before.caPem() });
  });

  it.each([
    ["the CA's key is missing", "ca.key", () => null],
    ["the CA's certificate is no PEM", "ca.crt", () => "-----BEGIN CERTIFICATE-----\nAAAA"],
    ["the CA's certificate is not a CA's", "both", async () => await issue()],
  ])("where %s, the CA is made anew and what there was is kept", async (_, name, damage) => {
    await using folder = await temporaryFolder();
    const before = await openStore(folder.path);
    await before[Symbol.asyncDispose]();
    const damaged = await damage();
    if (damaged === null) await rm(join(folder.path, name));
    else if (typeof damaged === "string") await writeFile(join(folder.path, name), damaged);
    else {
      await writeFile(join(folder.path, "ca.crt"), damaged.cert);
      await writeFile(join(folder.path, "ca.key"), damaged.private);
    }
    const { log, lines } = keptLog();
    await using after = await openStore(folder.path, { log });
    expect(after.caPem()).not.toBe(before.caPem());
    expect(lines[0]).toMatchObject({ level: "warn", msg: expect.stringContaining("*.bad") });
    expect((await readdir(folder.path)).some((file) => file.startsWith("ca.") && file.endsWith(".bad"))).toBe(
      true,
    );
    await using server = await serveTls(after);
    await handshake(server.port, { ca: after.caPem() });
  });
});

describe("the state folder", () => {
  it("shared by sidecars that start at once ends with one CA and a matching pair", async () => {
    await using folder = await temporaryFolder();
    const started = await Promise.all(
      [1, 2, 3].map(async () => JSON.parse((await run(process.execPath, [FIXTURE, folder.path])).stdout)),
    );
    expect(new Set(started.map(({ ca }) => ca)).size).toBe(1);
    expect(new Set(started.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(new Set(started.map(({ ticketKeys }) => ticketKeys)).size).toBe(1);
    const { log, lines } = keptLog();
    await using store = await openStore(folder.path, { log });
    expect(store.current().fingerprint256).toBe(started[0].fingerprint);
    expect(lines).toEqual([]);
    expect((await readdir(folder.path)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("shared by sidecars with different names ends with a pair that matches, and one CA for both", async () => {
    await using folder = await temporaryFolder();
    const open = (name: string) => openStore(folder.path, { https: { names: [name] } });
    const [one, other] = await Promise.all([open("one.example"), open("other.example")]);
    await using _ = one;
    await using __ = other;
    expect(one.caPem()).toBe(other.caPem());
    for (const [store, servername] of [
      [one, "one.example"],
      [other, "other.example"],
    ] as const) {
      await using server = await serveTls(store);
      await handshake(server.port, { ca: await read(folder.path, "ca.crt"), servername });
    }
    const { log, lines } = keptLog();
    await using ___ = await openStore(folder.path, { log });
    expect(lines).toEqual([]);
  });

  it("that can't be written stops the start, with the setting and the compose line that mend it", async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o555);
    const { error, remedy } = JSON.parse(
      (await run(process.execPath, [FIXTURE, folder.path, "65534"])).stdout,
    );
    expect(error).toContain(folder.path);
    expect(remedy).toContain("SIDECAR_CERTS_DIR");
    expect(remedy).toContain("volumes:");
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("that can't be written does no harm where all that is needed is there", async () => {
    await using folder = await temporaryFolder();
    const made = JSON.parse((await run(process.execPath, [FIXTURE, folder.path])).stdout);
    for (const name of await readdir(folder.path)) await chmod(join(folder.path, name), 0o444);
    await chmod(folder.path, 0o555);
    const again = JSON.parse((await run(process.execPath, [FIXTURE, folder.path, "65534"])).stdout);
    expect(again).toMatchObject({ fingerprint: made.fingerprint, ticketKeys: made.ticketKeys });
  });

  it("that can't be written does not stop a start with a certificate that lacks a name, and the status says so", async () => {
    await using folder = await temporaryFolder();
    const made = JSON.parse((await run(process.execPath, [FIXTURE, folder.path])).stdout);
    for (const name of await readdir(folder.path)) await chmod(join(folder.path, name), 0o444);
    await chmod(folder.path, 0o555);
    const https = JSON.stringify({ names: ["new.example"] });
    const again = JSON.parse((await run(process.execPath, [FIXTURE, folder.path, "65534", https])).stdout);
    expect(again).toMatchObject({
      fingerprint: made.fingerprint,
      problem: {
        detail: expect.stringContaining(folder.path),
        remedy: expect.stringContaining("SIDECAR_CERTS_DIR"),
      },
    });
    expect(again.warnings).toContainEqual(expect.stringContaining("could not be renewed"));
  });

  it("with keys of another user stops the start and replaces nothing", async () => {
    await using folder = await temporaryFolder();
    await (await openStore(folder.path))[Symbol.asyncDispose]();
    await chmod(folder.path, 0o777);
    await chmod(join(folder.path, "ca.key"), 0o000);
    const before = await readdir(folder.path);
    const { error, remedy } = JSON.parse(
      (await run(process.execPath, [FIXTURE, folder.path, "65534"])).stdout,
    );
    expect(error).toMatch(/ca\.key can't be read/);
    expect(remedy).toContain("SIDECAR_CERTS_DIR");
    expect(await readdir(folder.path)).toEqual(before);
  });

  it("that is a file stops the start", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "certs");
    await writeFile(path, "");
    await expect(openStore(path)).rejects.toThrow(StartError);
    expect(await read(folder.path, "certs")).toBe("");
  });
});

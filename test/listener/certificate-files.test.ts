import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import { openUserFiles, userFilesOf } from "../../src/listener/certificates/user-files.ts";
import type { CertificateStore } from "../../src/listener/certificates.ts";
import { poll } from "../support/poll.ts";
import {
  DAY_MS,
  handshake,
  has,
  httpsSettings,
  issue,
  keptLog,
  openStore,
  read,
  run,
  serveTls,
  temporaryFolder,
  writePair,
} from "./certificate-support.ts";

// Several processes of Node.js start in one test.
vi.setConfig({ testTimeout: 60_000 });

const FIXTURE = join(import.meta.dirname, "../fixtures/open-certificates.ts");

const fingerprint = (pair: { cert: string }) => new X509Certificate(pair.cert).fingerprint256;
const isInUse = (store: CertificateStore, pair: { cert: string }) =>
  store.current().fingerprint256 === fingerprint(pair);

describe("a certificate given by the user", () => {
  it("is served with its chain, and nothing is made beside it but ticket keys", async () => {
    await using folder = await temporaryFolder();
    const root = await issue({ name: "Root", isCa: true });
    const intermediate = await issue({ name: "Intermediate", isCa: true, ca: root });
    const leaf = await issue({ name: "app.example.com", ca: intermediate });
    const https = await writePair(folder.path, { ...leaf, cert: leaf.cert + intermediate.cert });
    const dir = join(folder.path, "certs");
    await using store = await openStore(dir, { https });
    expect(store.current()).toMatchObject({
      source: "files",
      names: ["app.example.com"],
      subject: "CN=app.example.com",
      issuer: "CN=Intermediate",
    });
    expect(store.caPem()).toBeNull();
    expect(store.status()).toMatchObject({ renewsAt: null, problem: null });
    expect(await readdir(dir)).toEqual(["ticket.key"]);
    await using server = await serveTls(store);
    await handshake(server.port, { ca: root.cert, servername: "app.example.com" });
  });

  it("is served in the order that TLS demands, without what does not belong to the chain", async () => {
    await using folder = await temporaryFolder();
    const root = await issue({ name: "Root", isCa: true });
    const middle = await issue({ name: "Middle", isCa: true, ca: root });
    const lower = await issue({ name: "Lower", isCa: true, ca: middle });
    const leaf = await issue({ ca: lower });
    const stranger = await issue({ name: "Stranger", isCa: true });
    const cert = [leaf, middle, stranger, lower].map((pair) => pair.cert).join("");
    const { log, lines } = keptLog();
    await using store = await openStore(folder.path, {
      https: await writePair(folder.path, { ...leaf, cert }),
      log,
    });
    const subjects = store
      .current()
      .certPem.split(/(?<=-----END CERTIFICATE-----\n)/)
      .map((pem) => new X509Certificate(pem).subject);
    expect(subjects).toEqual(["CN=app.example.com", "CN=Lower", "CN=Middle"]);
    expect(lines).toMatchObject([{ level: "warn", msg: expect.stringContaining("do not belong") }]);
    await using server = await serveTls(store);
    await handshake(server.port, { ca: root.cert, servername: "app.example.com" });
  });

  it("may have its key in the same file, in the older form, with Windows line ends", async () => {
    await using folder = await temporaryFolder();
    const pair = await issue();
    const key = createPrivateKey(pair.private).export({ type: "sec1", format: "pem" });
    const both = join(folder.path, "both.pem");
    await writeFile(both, `${key}${pair.cert}`.replaceAll("\n", "\r\n"));
    await using store = await openStore(folder.path, { https: { certFile: both, keyFile: both } });
    await using server = await serveTls(store);
    expect((await handshake(server.port, { ca: null })).fingerprint).toBe(fingerprint(pair));
  });

  it.skipIf(!has("openssl"))(
    "may be what openssl makes, RSA and EC with its parameters in front",
    async () => {
      await using folder = await temporaryFolder();
      const keyFile = join(folder.path, "key.pem");
      const certFile = join(folder.path, "cert.pem");
      for (const make of [
        ["genrsa", "-out", keyFile, "2048"],
        ["ecparam", "-genkey", "-name", "prime256v1", "-out", keyFile],
      ]) {
        await run("openssl", make);
        await run("openssl", [
          "req",
          "-x509",
          "-key",
          keyFile,
          "-subj",
          "/C=DE/O=Example/CN=app.example.com",
          "-addext",
          "subjectAltName=DNS:app.example.com,IP:fd00::1,email:x@example.com",
          "-out",
          certFile,
        ]);
        await using store = await openStore(folder.path, { https: { certFile, keyFile } });
        expect(store.current().names).toEqual(["app.example.com", "fd00::1"]);
        expect(store.current().subject).toBe("C=DE, O=Example, CN=app.example.com");
        await using server = await serveTls(store);
        await handshake(server.port, {
          ca: await read(folder.path, "cert.pem"),
          servername: "app.example.com",
        });
      }
    },
  );

  it("that has expired is served, with a loud warning and a problem in the status", async () => {
    await using folder = await temporaryFolder();
    const expired = await issue({
      from: new Date("2020-01-01T00:00:00Z"),
      to: new Date("2021-01-01T00:00:00Z"),
    });
    const { log, lines } = keptLog();
    await using store = await openStore(folder.path, { https: await writePair(folder.path, expired), log });
    expect(lines).toMatchObject([{ level: "warn", msg: expect.stringContaining("expired at 2021-01-01") }]);
    expect(store.status().problem).toMatchObject({
      detail: expect.stringContaining("expired"),
      since: new Date("2021-01-01T00:00:00Z"),
    });
    await using server = await serveTls(store);
    expect((await handshake(server.port, { ca: null })).fingerprint).toBe(fingerprint(expired));
  });

  it("that is not valid yet is served, with a warning", async () => {
    await using folder = await temporaryFolder();
    const { log, lines } = keptLog();
    const early = await issue({ from: new Date(Date.now() + DAY_MS) });
    await using store = await openStore(folder.path, { https: await writePair(folder.path, early), log });
    expect(lines).toMatchObject([{ level: "warn", msg: expect.stringContaining("not valid before") }]);
    expect(store.status().problem?.detail).toContain("not valid before");
  });

  it.skipIf(!has("openssl"))("that no client will like is served with a word in the log", async () => {
    await using folder = await temporaryFolder();
    const keyFile = join(folder.path, "key.pem");
    const certFile = join(folder.path, "cert.pem");
    await writeFile(keyFile, (await issue()).private);
    const extension = ["-addext", "extendedKeyUsage=clientAuth"];
    await run("openssl", ["req", "-x509", "-key", keyFile, "-subj", "/CN=x", ...extension, "-out", certFile]);
    const { log, lines } = keptLog();
    await using _ = await openStore(folder.path, { https: { certFile, keyFile }, log });
    expect(lines.map((line) => line.msg)).toEqual([
      expect.stringContaining("no subjectAltName"),
      expect.stringContaining("extended key usage"),
    ]);
  });
});

describe("a start with a certificate that can't be used is refused, naming the setting and the remedy", () => {
  const start = async (pair: { cert: string | Buffer; private: string }) => {
    await using folder = await temporaryFolder();
    const https = {
      certFile: join(folder.path, "cert.pem"),
      keyFile: join(folder.path, "key.pem"),
    };
    await writeFile(https.certFile, pair.cert);
    await writeFile(https.keyFile, pair.private);
    return await openStore(join(folder.path, "certs"), { https });
  };
  const refusal = (message: RegExp, remedy: string | RegExp) => ({
    name: "StartError",
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  });

  it("where the key is another one's", async () => {
    const pair = await issue();
    await expect(start({ ...pair, private: (await issue()).private })).rejects.toMatchObject(
      refusal(/https\.keyFile.*is not the key of.*https\.certFile/, /one issuance/),
    );
  });

  it("where the key is encrypted, in the new form or the old", async () => {
    const pair = await issue();
    const key = createPrivateKey(pair.private);
    for (const type of ["pkcs8", "sec1"] as const) {
      const encrypted = key
        .export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
        .toString();
      expect(encrypted).toContain("ENCRYPTED");
      await expect(start({ ...pair, private: encrypted })).rejects.toMatchObject(
        refusal(/https\.keyFile.*is encrypted/, /openssl pkey/),
      );
    }
  });

  it("where the chain does not hang together", async () => {
    const pair = await issue();
    const stranger = await issue({ name: "Stranger", isCa: true });
    await expect(start({ ...pair, cert: pair.cert + stranger.cert })).rejects.toMatchObject(
      refusal(/None of the further certificates.*https\.certFile/, /intermediate/),
    );
  });

  it("where the leaf is not the first", async () => {
    const ca = await issue({ name: "CA", isCa: true });
    const pair = await issue({ ca });
    await expect(start({ ...pair, cert: ca.cert + pair.cert })).rejects.toMatchObject(
      refusal(/number 2, not the first/, /own certificate first/),
    );
  });

  it("where the two files are swapped", async () => {
    const pair = await issue();
    await expect(start({ cert: pair.private, private: pair.cert })).rejects.toMatchObject(
      refusal(/https\.certFile.*holds a private key/, /the place for the key/),
    );
  });

  it("where the certificate is not PEM", async () => {
    const pair = await issue();
    await expect(start({ ...pair, cert: new X509Certificate(pair.cert).raw })).rejects.toMatchObject(
      refusal(/https\.certFile.*no PEM certificate/, /openssl x509 -inform der/),
    );
  });

  it("where one of the certificates is damaged", async () => {
    const pair = await issue();
    const damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    await expect(start({ ...pair, cert: pair.cert + damaged })).rejects.toMatchObject(
      refusal(/Certificate 2 in .*https\.certFile.* is damaged/, /again/),
    );
  });

  it("where the key file holds no key, or a damaged one", async () => {
    const pair = await issue();
    await expect(start({ ...pair, private: "hello" })).rejects.toMatchObject(
      refusal(/https\.keyFile.*no PEM private key/, /BEGIN PRIVATE KEY/),
    );
    const damaged = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    await expect(start({ ...pair, private: damaged })).rejects.toMatchObject(
      refusal(/https\.keyFile.*damaged/, /again/),
    );
  });

  it.skipIf(!has("openssl"))("where the TLS library does not take it", async () => {
    await using folder = await temporaryFolder();
    const keyFile = join(folder.path, "key.pem");
    const certFile = join(folder.path, "cert.pem");
    await run("openssl", ["genrsa", "-out", keyFile, "1024"]);
    await run("openssl", ["req", "-x509", "-key", keyFile, "-subj", "/CN=x", "-out", certFile]);
    await expect(openStore(folder.path, { https: { certFile, keyFile } })).rejects.toMatchObject(
      refusal(/TLS library refuses.*https\.certFile/, /2048/),
    );
  });

  it("where a file is missing, is a folder, or is far too large", async () => {
    await using folder = await temporaryFolder();
    const { keyFile } = await writePair(folder.path, await issue());
    const open = (certFile: string) => openStore(folder.path, { https: { certFile, keyFile } });
    await expect(open(join(folder.path, "none.pem"))).rejects.toMatchObject(
      refusal(/none\.pem.*https\.certFile.*ENOENT/, /volumes:/),
    );
    await expect(open(folder.path)).rejects.toMatchObject(refusal(/not a regular file/, /PEM file/));
    await writeFile(join(folder.path, "big"), "x".repeat(2_000_000));
    await expect(open(join(folder.path, "big"))).rejects.toMatchObject(refusal(/2000000 bytes/, /PEM file/));
  });

  it("where the folder has no tls.crt", async () => {
    await using folder = await temporaryFolder();
    await expect(openStore(folder.path, { https: { certFolder: folder.path } })).rejects.toMatchObject(
      refusal(/tls\.crt \(https\.certFolder.*ENOENT/, /volumes:/),
    );
  });

  it("where its user may not read the key", async () => {
    await using folder = await temporaryFolder();
    const { certFile, keyFile } = await writePair(folder.path, await issue());
    await chmod(folder.path, 0o755);
    await chmod(keyFile, 0o000);
    const { stdout } = await run(process.execPath, [
      FIXTURE,
      join(folder.path, "certs"),
      "65534",
      JSON.stringify({ certFile, keyFile }),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      error: expect.stringMatching(/https\.keyFile.*EACCES/),
      remedy: expect.stringMatching(/Let uid \d+ read/),
    });
  });
});

describe("a replaced certificate", () => {
  it("is picked up by itself, for new handshakes, and leaves open connections alone", async () => {
    await using folder = await temporaryFolder();
    const [first, second] = [await issue(), await issue()];
    await using store = await openStore(folder.path, { https: await writePair(folder.path, first) });
    await using server = await serveTls(store);
    const open = connect({ port: server.port, rejectUnauthorized: false });
    await once(open, "data");
    await writePair(folder.path, second);
    await poll("the replacement", () => isInUse(store, second));
    expect((await handshake(server.port, { ca: null })).fingerprint).toBe(fingerprint(second));
    open.write("still here");
    expect(String(await once(open, "data"))).toBe("still here");
    expect(open.getPeerX509Certificate()?.fingerprint256).toBe(fingerprint(first));
    open.destroy();
  });

  it("that keeps the modification time is picked up too", async () => {
    await using folder = await temporaryFolder();
    const [first, second] = [await issue(), await issue()];
    const https = await writePair(folder.path, first);
    const time = new Date("2026-01-01T00:00:00Z");
    for (const path of [https.certFile, https.keyFile]) await utimes(path, time, time);
    await using store = await openStore(folder.path, { https });
    await writeFile(https.certFile, second.cert);
    await writeFile(https.keyFile, second.private);
    for (const path of [https.certFile, https.keyFile]) await utimes(path, time, time);
    await poll("the replacement", () => isInUse(store, second));
  });

  it("that is broken keeps the old one, says why in the status and once in the log, and is mended by a good one", async () => {
    await using folder = await temporaryFolder();
    const [first, second, third] = [await issue(), await issue(), await issue()];
    const { log, lines } = keptLog();
    const https = await writePair(folder.path, first);
    await using store = await openStore(folder.path, { https, log });
    await using server = await serveTls(store);
    lines.length = 0;
    await writeFile(https.certFile, second.cert);
    const problem = await poll("the problem", () => store.status().problem ?? undefined);
    expect(problem.detail).toMatch(/https\.keyFile.*is not the key/);
    expect(problem.remedy).toContain("one issuance");
    for (let look = 0; look < 3; look++) await store.reload();
    expect(store.status().problem).toEqual(problem);
    expect(lines.map((line) => line.level)).toEqual(["error"]);
    expect((await handshake(server.port, { ca: null })).fingerprint).toBe(fingerprint(first));

    await writePair(folder.path, third);
    await poll("the replacement", () => isInUse(store, third));
    expect(store.status().problem).toBeNull();
    expect((await handshake(server.port, { ca: null })).fingerprint).toBe(fingerprint(third));
    expect(lines.slice(1).map((line) => line.level)).toEqual(["info", "info"]);
  });

  it.each([
    ["garbage", "certFile", "hello"],
    ["half a file", "certFile", "-----BEGIN CERTIFICATE-----\nMIIB"],
    ["an empty key", "keyFile", ""],
    ["nothing at all", "keyFile", null],
  ] as const)("that is %s keeps the old one until the files are put back", async (_, which, content) => {
    await using folder = await temporaryFolder();
    const pair = await issue();
    const https = await writePair(folder.path, pair);
    await using store = await openStore(folder.path, { https });
    if (content === null) await rm(https[which]);
    else await writeFile(https[which], content);
    await poll("the problem", () => store.status().problem ?? undefined);
    expect(isInUse(store, pair)).toBe(true);
    await writePair(folder.path, pair);
    await poll("the mending", () => store.status().problem === null);
    expect(isInUse(store, pair)).toBe(true);
  });

  it("that has expired is refused while the old one is valid", async () => {
    await using folder = await temporaryFolder();
    const pair = await issue();
    await using store = await openStore(folder.path, { https: await writePair(folder.path, pair) });
    await writePair(
      folder.path,
      await issue({ from: new Date(Date.now() - 9 * DAY_MS), to: new Date(Date.now() - DAY_MS) }),
    );
    const problem = await poll("the problem", () => store.status().problem ?? undefined);
    expect(problem.detail).toContain("expired");
    expect(isInUse(store, pair)).toBe(true);
  });

  it("that is not valid yet comes into use when its time comes, without a change of the files", async () => {
    await using folder = await temporaryFolder();
    let nowMs = Date.now();
    const pair = await issue();
    await using store = await openStore(folder.path, {
      https: await writePair(folder.path, pair),
      now: () => nowMs,
    });
    const early = await issue({ from: new Date(nowMs + DAY_MS) });
    await writePair(folder.path, early);
    await poll("the problem", () => store.status().problem ?? undefined);
    expect(isInUse(store, pair)).toBe(true);
    nowMs += 2 * DAY_MS;
    await poll("the replacement", () => isInUse(store, early));
    expect(store.status().problem).toBeNull();
  });

  it("of which only one file has come yet is not an error at the first look, only at the second", async () => {
    await using folder = await temporaryFolder();
    const [first, second] = [await issue(), await issue()];
    const https = await writePair(folder.path, first);
    const files = userFilesOf(httpsSettings(https));
    if (files === undefined) throw new Error("The settings name no files.");
    const { log, lines } = keptLog();
    const source = await openUserFiles({ files, intervalMs: 1, log, now: Date.now });
    await writeFile(https.certFile, second.cert);
    expect(await source.look(false)).toBe(false);
    expect(source.problem()).toBeNull();
    await writeFile(https.keyFile, second.private);
    expect(await source.look(false)).toBe(true);
    expect(source.current().fingerprint256).toBe(fingerprint(second));
    expect(lines.map((line) => line.level)).toEqual(["info"]);

    await writeFile(https.certFile, first.cert);
    await source.look(false);
    expect(source.problem()).toBeNull();
    await source.look(false);
    expect(source.problem()?.detail).toContain("is not the key");
  });

  it("that is broken when SIGHUP asks for it is a problem at once", async () => {
    await using folder = await temporaryFolder();
    const https = { ...(await writePair(folder.path, await issue())), reloadIntervalMs: 3_600_000 };
    await using store = await openStore(folder.path, { https });
    await writeFile(https.keyFile, (await issue()).private);
    await store.reload();
    expect(store.status().problem?.detail).toContain("is not the key");
  });

  it("is picked up where Kubernetes swaps the folder behind the links", async () => {
    await using folder = await temporaryFolder();
    const [first, second] = [await issue(), await issue()];
    const version = async (name: string, pair: { cert: string; private: string }) => {
      await mkdir(join(folder.path, name));
      await writeFile(join(folder.path, name, "tls.crt"), pair.cert);
      await writeFile(join(folder.path, name, "tls.key"), pair.private);
      await symlink(name, join(folder.path, "..data_tmp"));
      await rename(join(folder.path, "..data_tmp"), join(folder.path, "..data"));
    };
    await version("..2026_01_01", first);
    for (const name of ["tls.crt", "tls.key"]) await symlink(`..data/${name}`, join(folder.path, name));
    await using store = await openStore(join(folder.path, "state"), {
      https: { certFolder: folder.path, reloadIntervalMs: 50 },
    });
    expect(isInUse(store, first)).toBe(true);
    await version("..2026_02_02", second);
    await rm(join(folder.path, "..2026_01_01"), { recursive: true });
    await poll("the replacement", () => isInUse(store, second));
    expect(store.status().problem).toBeNull();
  });

  it("is no longer looked for once the store is disposed of, or its signal has fired", async () => {
    await using folder = await temporaryFolder();
    const pair = await issue();
    const https = await writePair(folder.path, pair);
    const stop = new AbortController();
    const disposed = await openStore(folder.path, { https });
    const stopped = await openStore(folder.path, { https, signal: stop.signal });
    await using running = await openStore(folder.path, { https });
    await disposed[Symbol.asyncDispose]();
    stop.abort();
    const next = await issue();
    await writePair(folder.path, next);
    await poll("the running store's replacement", () => isInUse(running, next));
    await Promise.all([disposed.reload(), stopped.reload()]);
    expect([disposed, stopped].map((store) => isInUse(store, pair))).toEqual([true, true]);
  });
});

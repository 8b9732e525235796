import { chmod, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { poll } from "../support/poll.ts";
import {
  DAY_MS,
  handshake,
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

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a %s session", (version) => {
  it("is resumed after a restart", async () => {
    await using folder = await temporaryFolder();
    let session: Buffer | undefined;
    const seen: boolean[] = [];
    for (let start = 0; start < 2; start++) {
      await using store = await openStore(folder.path);
      await using server = await serveTls(store);
      const result = await handshake(server.port, { ca: store.caPem(), version, session });
      seen.push(result.reused);
      session = result.session;
    }
    expect(seen).toEqual([false, true]);
  });

  it("is resumed after the certificate was replaced", async () => {
    await using folder = await temporaryFolder();
    const [first, second] = [await issue(), await issue()];
    await using store = await openStore(folder.path, { https: await writePair(folder.path, first) });
    await using server = await serveTls(store);
    const { session, fingerprint } = await handshake(server.port, { ca: null, version });
    await writePair(folder.path, second);
    await poll("the replacement", () => store.current().fingerprint256 !== fingerprint);
    expect((await handshake(server.port, { ca: null, version, session })).reused).toBe(true);
  });

  it("is not resumed once the keys have been replaced", async () => {
    await using folder = await temporaryFolder();
    let nowMs = Date.now();
    await using store = await openStore(folder.path, { now: () => nowMs });
    await using server = await serveTls(store);
    const { session } = await handshake(server.port, { ca: store.caPem(), version });
    nowMs += 8 * DAY_MS;
    await store.reload();
    expect((await handshake(server.port, { ca: store.caPem(), version, session })).reused).toBe(false);
  });
});

describe("the session ticket keys", () => {
  it("are 48 bytes in a file of mode 0600, the same after a restart", async () => {
    await using folder = await temporaryFolder();
    const before = await openStore(folder.path);
    await before[Symbol.asyncDispose]();
    await using after = await openStore(folder.path);
    const file = await stat(join(folder.path, "ticket.key"));
    expect(file.size).toBe(48);
    expect(file.mode & 0o777).toBe(0o600);
    expect(after.ticketKeys()).toEqual(before.ticketKeys());
    expect(after.ticketKeys()).toHaveLength(48);
  });

  it("are replaced at a start when they are older than seven days, and not before", async () => {
    await using folder = await temporaryFolder();
    const age = async (days: number) => {
      const time = new Date(Date.now() - days * DAY_MS);
      await utimes(join(folder.path, "ticket.key"), time, time);
      const store = await openStore(folder.path);
      await store[Symbol.asyncDispose]();
      return store.ticketKeys().toString("hex");
    };
    const first = await openStore(folder.path);
    await first[Symbol.asyncDispose]();
    const keys = first.ticketKeys().toString("hex");
    expect(await age(6.9)).toBe(keys);
    expect(await age(7.1)).not.toBe(keys);
  });

  it("are replaced while it runs, once, and whoever listens hears of it", async () => {
    await using folder = await temporaryFolder();
    let nowMs = Date.now();
    await using store = await openStore(folder.path, { now: () => nowMs, renewIntervalMs: 20 });
    const before = store.ticketKeys();
    const certificate = store.current();
    let changes = 0;
    store.onChange(() => {
      changes += 1;
    });
    nowMs += 8 * DAY_MS;
    await poll("the new keys", () => !store.ticketKeys().equals(before));
    const after = store.ticketKeys();
    await store.reload();
    await store.reload();
    expect(store.ticketKeys()).toEqual(after);
    expect(store.current().fingerprint256).toBe(certificate.fingerprint256);
    expect(changes).toBe(1);
  });

  it("are taken over from another sidecar on the same folder", async () => {
    await using folder = await temporaryFolder();
    await using one = await openStore(folder.path);
    await using other = await openStore(folder.path);
    expect(other.ticketKeys()).toEqual(one.ticketKeys());
    await using renewing = await openStore(folder.path, { now: () => Date.now() + 8 * DAY_MS });
    // On the clock of the others that file is from the future, yet not so far that it would be wrong.
    const time = new Date();
    await utimes(join(folder.path, "ticket.key"), time, time);
    await one.reload();
    expect(one.ticketKeys()).toEqual(renewing.ticketKeys());
    expect(other.ticketKeys()).not.toEqual(renewing.ticketKeys());
  });

  it("that are damaged are kept as *.bad and made anew, with a warning", async () => {
    await using folder = await temporaryFolder();
    await (await openStore(folder.path))[Symbol.asyncDispose]();
    await writeFile(join(folder.path, "ticket.key"), "short");
    const { log, lines } = keptLog();
    await using store = await openStore(folder.path, { log });
    expect(store.ticketKeys()).toHaveLength(48);
    expect(await read(folder.path, "ticket.key.bad")).toBe("short");
    expect(lines).toMatchObject([{ level: "warn", msg: expect.stringContaining("ticket.key.bad") }]);
  });

  it("are random, with one warning, where the folder can't be written and the user gives the certificate", async () => {
    await using folder = await temporaryFolder();
    const https = await writePair(folder.path, await issue());
    for (const path of [https.certFile, https.keyFile]) await chmod(path, 0o644);
    await chmod(folder.path, 0o555);
    const started = async () => {
      const args = [FIXTURE, join(folder.path, "certs"), "65534", JSON.stringify(https)];
      return JSON.parse((await run(process.execPath, args)).stdout);
    };
    const [first, second] = [await started(), await started()];
    expect(first.warnings).toEqual([expect.stringContaining("session ticket keys can't be kept")]);
    expect(first.ticketKeys).toMatch(/^[0-9a-f]{96}$/);
    expect(second.ticketKeys).not.toBe(first.ticketKeys);
    expect(second.fingerprint).toBe(first.fingerprint);
  });
});

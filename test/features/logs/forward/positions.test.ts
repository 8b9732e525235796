import { readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { poll } from "../../../support/poll.ts";
import { type ForwardingPlace, forwardingPlace, numbered, textsOf } from "./forwarding.ts";
import { type SyslogReceiver, startSyslogReceiver } from "./syslog-receiver.ts";

const to = ({ port }: SyslogReceiver) => ({ to: "syslog", url: `tcp://127.0.0.1:${port}` });
const has = (receiver: SyslogReceiver, count: number) =>
  poll(`${count} lines`, () => receiver.messages.length >= count);

/** Rotates as logrotate does with `create` (and `compress`). */
async function rotate({ logs }: ForwardingPlace, { keep = 9, isGzip = false } = {}): Promise<void> {
  const path = (number: number) => logs.path(`app.log.${number}${isGzip ? ".gz" : ""}`);
  for (let number = keep; number > 0; number--)
    await rename(path(number), path(number + 1)).catch(() => undefined);
  await rm(path(keep + 1), { force: true });
  if (isGzip) {
    await writeFile(path(1), gzipSync(await readFile(logs.path("app.log"))));
    await rm(logs.path("app.log"));
  } else await rename(logs.path("app.log"), path(1));
  await logs.write("app.log", "");
}

test("the first start begins at the end, behind the last whole line; from: start begins at the beginning", async () => {
  await using place = await forwardingPlace();
  await using receiver = await startSyslogReceiver();
  await place.logs.write("app.log", `${numbered(0, 3)}half`);
  await using running = await place.start(to(receiver));
  await poll("it stands at the end", async () => (await running.report()).cursor !== null);
  await place.logs.append("app.log", " a line\nanother\n");
  await has(receiver, 2);
  expect(receiver.texts()).toEqual(["half a line", "another"]);
  await using _ = await place.start({ ...to(receiver), name: "other", from: "start" });
  await has(receiver, 7);
  expect(receiver.texts().slice(2)).toEqual([...textsOf(0, 3), "half a line", "another"]);
});

test("a log that comes later is sent from its beginning, also where the sidecar was started again before", async () => {
  await using place = await forwardingPlace();
  await using receiver = await startSyslogReceiver();
  const kept = async () =>
    (await readdir(place.stateDir, { recursive: true })).some((name) => name.endsWith(".json"));
  {
    await using running = await place.start(to(receiver));
    await poll("it has looked", kept);
    expect(await running.report()).toMatchObject({ cursor: null, state: "sending", lagBytes: null });
  }
  await place.logs.write("app.log", numbered(0, 5));
  await using _ = await place.start(to(receiver));
  await has(receiver, 5);
  expect(receiver.texts()).toEqual(textsOf(0, 5));
});

test.each([true, false])(
  "a log that was empty (there: %s) and is rotated before anything of it was taken loses nothing",
  async (isThere) => {
    await using place = await forwardingPlace();
    const { port, ...first } = await startSyslogReceiver();
    await first[Symbol.asyncDispose]();
    const destination = { to: "syslog", url: `tcp://127.0.0.1:${port}` };
    await place.logs.write("app.log.9", "from before\n");
    await utimes(place.logs.path("app.log.9"), 1_700_000_000, 1_700_000_000);
    if (isThere) await place.logs.write("app.log", "");
    {
      await using _ = await place.start(destination);
      await poll(
        "it has looked",
        async () => (await readdir(place.stateDir, { recursive: true })).length > 1,
      );
      await place.logs.append("app.log", numbered(0, 10));
    }
    for (let round = 1; round <= 3; round++) {
      await rotate(place, { isGzip: !isThere });
      await place.logs.append("app.log", numbered(round * 10, round * 10 + 10));
      await using running = await place.start(destination);
      await poll("it fails", async () => (await running.report()).failures > 0);
    }
    await using receiver = await startSyslogReceiver({ port });
    await using _ = await place.start(destination);
    await has(receiver, 40);
    expect(receiver.texts()).toEqual(textsOf(0, 40));
  },
);

test("it goes on after a stop exactly where it was, and the position is readable to its owner alone", async () => {
  await using place = await forwardingPlace();
  await using receiver = await startSyslogReceiver();
  await place.logs.write("app.log", numbered(0, 100));
  {
    await using _ = await place.start({ ...to(receiver), from: "start" });
    await has(receiver, 100);
  }
  await place.logs.append("app.log", numbered(100, 150));
  await using _ = await place.start({ ...to(receiver), from: "start" });
  await has(receiver, 150);
  expect(receiver.texts()).toEqual(textsOf(0, 150));
  const folder = join(place.stateDir, "log-positions");
  const [name = ""] = await readdir(folder);
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test("at a stop the last lines are sent still, but for one that is half-written", async () => {
  await using place = await forwardingPlace();
  await using receiver = await startSyslogReceiver();
  await place.logs.write("app.log", "");
  {
    await using running = await place.start({ ...to(receiver), from: "start", batchMs: 60_000 });
    await poll("it stands", async () => (await running.report()).cursor !== null);
    await place.logs.append("app.log", `${numbered(0, 3)}ha`);
  }
  expect(receiver.texts()).toEqual(textsOf(0, 3));
  await place.logs.append("app.log", "lf\n");
  await using _ = await place.start(to(receiver));
  await has(receiver, 4);
  expect(receiver.texts()[3]).toBe("half");
});

test("rotations are followed while it runs: by rename, with a last line that has no end, and by copytruncate", async () => {
  await using place = await forwardingPlace();
  await using receiver = await startSyslogReceiver();
  const { logs } = place;
  await logs.write("app.log", `${numbered(0, 40)}line 40`);
  await using running = await place.start({ ...to(receiver), from: "start" });
  await has(receiver, 40);
  await rotate(place);
  await logs.append("app.log", numbered(41, 60));
  await has(receiver, 60);
  await writeFile(logs.path("app.log.1"), await readFile(logs.path("app.log")));
  await truncate(logs.path("app.log"));
  await logs.append("app.log", numbered(60, 70));
  await has(receiver, 70);
  expect(receiver.texts()).toEqual(textsOf(0, 70));
  expect(await running.report()).toMatchObject({ losses: 0, failures: 0 });
});

test.each([false, true])("rotations in an outage or a stop take nothing away (gzip: %s)", async (isGzip) => {
  await using place = await forwardingPlace();
  const { logs } = place;
  let port = 0;
  await logs.write("app.log", numbered(0, 100));
  {
    await using receiver = await startSyslogReceiver();
    port = receiver.port;
    await using _ = await place.start({ ...to(receiver), from: "start" });
    await has(receiver, 100);
  }
  // Stopped.
  await logs.append("app.log", numbered(100, 200));
  await rotate(place, { isGzip });
  await logs.append("app.log", numbered(200, 300));
  await rotate(place, { isGzip });
  await logs.append("app.log", numbered(300, 400));
  await using running = await place.start({ to: "syslog", url: `tcp://127.0.0.1:${port}` });
  // An outage: it runs, and nobody takes anything.
  await poll("it fails", async () => (await running.report()).failures > 0);
  await logs.append("app.log", numbered(400, 500));
  await rotate(place, { isGzip });
  await logs.append("app.log", numbered(500, 600));
  await rotate(place, { isGzip });
  await logs.append("app.log", numbered(600, 700));
  await using receiver = await startSyslogReceiver({ port });
  await has(receiver, 600);
  expect(receiver.texts()).toEqual(textsOf(100, 700));
  expect((await running.report()).losses).toBe(0);
});

test("where a rotation took lines away before they could be read it goes on, and says so", async () => {
  await using place = await forwardingPlace();
  await using receiver = await startSyslogReceiver();
  await place.logs.write("app.log", numbered(0, 10));
  {
    await using _ = await place.start({ ...to(receiver), from: "start" });
    await has(receiver, 10);
  }
  await place.logs.write("app.log", numbered(20, 30));
  await using running = await place.start(to(receiver));
  await has(receiver, 20);
  expect(receiver.texts()).toEqual([...textsOf(0, 10), ...textsOf(20, 30)]);
  expect((await running.report()).losses).toBe(1);
});

test("while nobody takes lines the health warns, and the metrics tell how far it is behind", async () => {
  await using place = await forwardingPlace();
  await using receiver = await startSyslogReceiver();
  const { port } = receiver;
  await receiver[Symbol.asyncDispose]();
  await place.logs.write("app.log", numbered(0, 100));
  await using running = await place.start({ to: "syslog", url: `tcp://127.0.0.1:${port}`, from: "start" });
  const problem = await poll("it is told", async () => (await running.report()).problem);
  expect(problem.detail).toContain("ECONNREFUSED");
  const families = (await running.feature.metrics?.()) ?? [];
  const lag = families.find(({ name }) => name === "tickbird_log_forward_lag_bytes");
  const labels = { destination: "syslog", file: "app.log" };
  expect(lag?.samples).toEqual([{ labels, value: numbered(0, 100).length }]);
  const [check] = running.feature.health ?? [];
  expect(check).toMatchObject({ name: "log-forwarding", affectsReadiness: false });
  const result = await poll(
    "the health warns",
    async () => {
      const found = await check?.run(AbortSignal.timeout(1_000));
      return found?.status === "warn" && found;
    },
    { timeoutMs: 18_000 },
  );
  expect(result.detail).toMatch(/^app\.log to syslog: .*ECONNREFUSED/);
});

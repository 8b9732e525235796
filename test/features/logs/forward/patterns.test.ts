import { rename } from "node:fs/promises";
import { expect, test } from "vitest";
import { logList } from "../../../../src/features/logs/log-schema.ts";
import { poll } from "../../../support/poll.ts";
import { makeLogs } from "../serve-logs.ts";
import { forwardingPlace, numbered, textsOf } from "./forwarding.ts";
import { lokiPush, startLokiReceiver } from "./loki-receiver.ts";

test("each file that a pattern stands for is forwarded from a position of its own, one that comes later from its beginning", async () => {
  await using receiver = await startLokiReceiver();
  await using place = await forwardingPlace();
  const { logs } = place;
  const textsIn = (filename: string) =>
    receiver.requests
      .flatMap(({ body }) => lokiPush.parse(body).streams)
      .filter(({ stream }) => stream["filename"] === filename)
      .flatMap(({ values }) => values.map(([, text]) => text));
  await logs.write("a.log", numbered(0, 5));
  const destination = { to: "loki", url: receiver.url };
  const more = { files: [logs.path("*.log")] };
  {
    await using running = await place.start(destination, more);
    // From its end on: what was there before is not sent.
    await poll("it is forwarded", async () => (await running.report()).cursor !== null);
    await logs.append("a.log", numbered(5, 7));
    await logs.write("b.log", numbered(100, 103));
    await poll("those of both", () => receiver.taken.length === 5);
    // A rotated file belongs to its log.
    await rename(logs.path("b.log"), logs.path("b.log.1"));
    await logs.write("b.log", numbered(103, 105));
    await poll("those of the new one", () => textsIn("b.log").length === 5);
    const list = logList.parse(await (await running.server.get("/logs")).json());
    expect(list.forwarders.map(({ name }) => name).toSorted()).toEqual(["a.log", "b.log"]);
  }
  await logs.append("a.log", numbered(7, 9));
  await logs.append("b.log", numbered(105, 106));
  await using _ = await place.start(destination, more);
  await poll("what came meanwhile", () => receiver.taken.length === 10);
  expect([textsIn("a.log"), textsIn("b.log")]).toEqual([textsOf(5, 9), textsOf(100, 106)]);
});

test("of two logs that are named, of which one is named like a rotated file of the other, each line is forwarded once", async () => {
  await using receiver = await startLokiReceiver();
  await using place = await forwardingPlace();
  const { logs } = place;
  const files = [
    await logs.write("server-1.log", numbered(100, 103)),
    await logs.write("server.log", numbered(0, 3)),
  ];
  const forwardAll = async () => {
    await using running = await place.start({ to: "loki", url: receiver.url, from: "start" }, { files });
    await poll("all is taken", async () => {
      const list = logList.parse(await (await running.server.get("/logs")).json());
      return list.forwarders.every(({ lines, lagBytes }) => lines > 0 && lagBytes === 0);
    });
  };
  await forwardAll();
  await rename(logs.path("server.log"), logs.path("server.log.1"));
  await logs.append("server-1.log", numbered(103, 105));
  await logs.write("server.log", numbered(3, 5));
  await forwardAll();
  expect(receiver.texts().toSorted()).toEqual([...textsOf(0, 5), ...textsOf(100, 105)].toSorted());
});

test("a destination may name files of a pattern that are not there yet, and no others", () => {
  const to = { to: "syslog", url: "tcp://127.0.0.1:514" };
  const files = ["/var/log/app/*.log"];
  expect(() => makeLogs({ files, forward: [{ ...to, files: ["shop.log"] }] })).not.toThrow();
  expect(() => makeLogs({ files, forward: [{ ...to, files: ["shop.txt"] }] })).toThrow(
    "names the log shop.txt",
  );
});

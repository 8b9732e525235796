import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { fixturePath } from "../../../linux/target-process.ts";
import { poll } from "../../../support/poll.ts";
import { forwardingPlace } from "./forwarding.ts";
import { type Received, type Reply, startHttpReceiver } from "./http-receiver.ts";

/**
 * What Loki's and the OpenTelemetry Collector's own code made of what a forwarder sent to it, and answered, recorded: as
 * long as the same is sent, they make the same of it.
 */

const answer = z.object({ status: z.number(), body: z.string() });
const exchanges = z.object({
  lines: z.array(z.string()),
  settings: z.looseObject({}),
  loki: z.object({
    sent: z.unknown(),
    answer,
    decoded: z.object({
      labels: z.record(z.string(), z.string()),
      entries: z.array(
        z.object({ time: z.string(), line: z.string(), metadata: z.record(z.string(), z.string()) }),
      ),
    }),
  }),
  otlp: z.object({
    sent: z.unknown(),
    /** Written anew from what was made of it. */
    again: z.unknown(),
    decoded: z.array(
      z.object({
        time: z.string(),
        severity: z.string(),
        body: z.string(),
        resource: z.unknown(),
        attributes: z.unknown(),
      }),
    ),
    answers: z.object({ all: answer, partial: answer }),
  }),
});
const recorded = exchanges.parse(JSON.parse(await readFile(fixturePath("forward/exchanges.json"), "utf8")));
const TIMES = ["00.123", "00.123", "00.123", "01.000", "02.000", "03.000", "03.000"].map((seconds) =>
  Date.parse(`2026-11-28T22:00:${seconds}Z`),
);

/** Forwards the recorded lines, and gives the request and what is told of it when it is over. */
async function forward(to: "loki" | "otlp", reply: (count: number) => Reply, more: object = {}) {
  await using receiver = await startHttpReceiver((_request: Received, count: number) => reply(count));
  await using place = await forwardingPlace();
  await place.logs.write("app.log", recorded.lines.map((line) => `${line}\n`).join(""));
  const path = to === "loki" ? "/loki/api/v1/push" : "/v1/logs";
  const url = `http://127.0.0.1:${receiver.port}${path}`;
  await using running = await place.start({ to, url, ...recorded.settings, timeoutMs: 60_000, ...more });
  await poll("the position moves", async () => (await running.report()).lagBytes === 0, {
    timeoutMs: 20_000,
  });
  return { body: receiver.requests[0]?.body, report: await running.report() };
}

/** Without what differs from time to time and from version to version. */
function settled(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body, (key, value: unknown) =>
      key === "observedTimeUnixNano" || key === "version" ? key : value,
    ),
  );
}

test("Loki's own code finds each line in what is sent, with its time, its place and its level", async () => {
  const { sent, decoded, answer: taken } = recorded.loki;
  const { body, report } = await forward("loki", () => taken, { structuredMetadata: true });
  expect(body).toEqual(sent);
  expect(report).toMatchObject({ lines: recorded.lines.length, setAside: 0, failures: 0 });
  expect(decoded.labels).toEqual({ app: "shop", env: "prod", filename: "app.log", host: "host-1" });
  expect(decoded.entries.map(({ line }) => line)).toEqual(recorded.lines);
  expect(decoded.entries.map(({ time }) => Math.trunc(Date.parse(time)))).toEqual(TIMES);
  const levels = ["error", "error", "info", "trace", "warn", undefined, undefined];
  expect(decoded.entries.map(({ metadata }) => metadata["level"])).toEqual(levels);
});

test("the Collector's own code finds each line in what is sent, loses nothing of it, and its answers are understood", async () => {
  const { sent, again, decoded, answers } = recorded.otlp;
  const { body, report } = await forward("otlp", () => answers.all);
  expect(settled(body)).toEqual(settled(sent));
  expect(report).toMatchObject({ lines: recorded.lines.length, setAside: 0, failures: 0 });
  const withoutEmptyIds = JSON.stringify(again).replaceAll(/,?"(?:traceId|spanId)":""/g, "");
  expect(JSON.parse(withoutEmptyIds)).toEqual(sent);
  expect(decoded.map((record) => record.body)).toEqual(recorded.lines);
  expect(decoded.map(({ time }) => Date.parse(time))).toEqual(TIMES);
  const severities = ["Error", "Error", "Info", "Trace", "Warn", "Unspecified", "Unspecified"];
  expect(decoded.map(({ severity }) => severity)).toEqual(severities);
  for (const { resource, attributes } of decoded) {
    expect(resource).toEqual({ "service.name": "shop", "host.name": "host-1", env: "prod" });
    expect(attributes).toEqual({ "log.file.name": "app.log" });
  }
  const inPart = await forward("otlp", () => answers.partial);
  expect(inPart.report).toMatchObject({ lines: recorded.lines.length - 2, setAside: 2, failures: 0 });
});

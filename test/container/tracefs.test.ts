import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type ComposeProject, upProject } from "../support/docker.ts";
import { isMissing } from "../support/needs.ts";
import { type MountedTracefs, mountTracefs } from "../support/tracefs.ts";
import { type Client, openClient } from "./client.ts";
import { tracerPids } from "./tracers.ts";

/** The engine tracefs from a container whose PID namespace is not the host's, with no more than it needs. */

const FILES = ["compose.yaml", "test/container/tracefs.yaml"];
const json = { headers: { Accept: "application/json" } };
const traced = z.looseObject({
  engine: z.string(),
  events: z.array(z.looseObject({ type: z.string(), tid: z.int(), pid: z.int().nullable() })),
});

let tracefs: MountedTracefs;
let project: ComposeProject;
let client: Client;

beforeAll(async () => {
  isMissing("tracefs");
  // By the environment, for docker compose takes it from there.
  tracefs = mountTracefs();
  process.env["TICKBIRD_TEST_TRACEFS"] = tracefs.dir;
  project = await upProject(FILES);
  client = await openClient(project);
});

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  expect(tracefs.instances(1)).toEqual([]);
  tracefs[Symbol.dispose]();
});

test("the threads of another user's process can't be named without a capability: the refusal says which", async () => {
  const refused = await client.ask("/strace/1/5?engine=tracefs", json);
  expect(refused.status, refused.text).toBe(403);
  expect(JSON.parse(refused.text)).toMatchObject({
    ...{ code: "permission-denied", refusal: "untranslatable" },
    remedy: expect.stringContaining("cap_add: [DAC_OVERRIDE]"),
  });
});

test("with it a trace works, tells the app's own numbers, and the app has no tracer", async () => {
  await project.composeWith(
    [...FILES, "test/container/tracefs-capabilities.yaml"],
    ...["up", "--detach", "--wait", "--wait-timeout", "120"],
  );
  const { HostConfig } = await project.inspect("sidecar");
  expect(HostConfig).toMatchObject({ CapDrop: ["ALL"], Privileged: false, ReadonlyRootfs: true });
  const visits = new AbortController();
  const visiting = (async () => {
    while (!visits.signal.aborted) await client.visit("/");
  })();
  const answer = await client.ask("/strace/1/200?engine=tracefs", json);
  expect(await tracerPids(project, 1)).toEqual(new Set(["0"]));
  visits.abort();
  await visiting;
  expect(answer.status, answer.text).toBe(200);
  const { engine, events } = traced.parse(JSON.parse(answer.text));
  expect(engine).toBe("tracefs");
  expect(events).toHaveLength(200);
  expect(new Set(events.map(({ pid }) => pid))).toEqual(new Set([1]));
  expect(events.every(({ tid }) => tid < 1_000)).toBe(true);
  // Descriptors stand for what the app has open.
  expect(answer.text).toMatch(/"path":"\/|"inode":\d+|eventpoll/);
});

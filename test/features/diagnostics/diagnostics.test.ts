import { gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AppError } from "../../../src/base/errors.ts";
import { bundleList, bundleState } from "../../../src/features/diagnostics/bundle-state.ts";
import { createDiagnostics } from "../../../src/features/diagnostics/diagnostics.ts";
import { ownDiagnostics } from "../../../src/features/diagnostics/own-parts.ts";
import type { Feature } from "../../../src/features/feature.ts";
import { createProcesses } from "../../../src/features/processes/processes.ts";
import { loadSettings } from "../../../src/settings/load.ts";
import { createLog } from "../../../src/web/log.ts";
import { startBusy, startScript } from "../../linux/target-process.ts";
import { isMissing } from "../../support/needs.ts";
import { poll } from "../../support/poll.ts";
import { type ServedFeatures, serveFeatures, VIEWER_TOKEN } from "../../support/serve-features.ts";
import { coreOf, isFree, makeStrace } from "../strace/serve-strace.ts";

const SECRET = "a-secret-of-sixteen";

function serve(...features: readonly Feature[]): Promise<ServedFeatures> {
  const { settings } = loadSettings({
    env: { SIDECAR_CORE_URL: "http://127.0.0.1:9", SIDECAR_AUTH_TOKEN: SECRET },
  });
  const log = createLog({ level: "silent", access: false });
  const own = ownDiagnostics(settings, "1.2.3");
  return serveFeatures([...features, createDiagnostics({ features: () => features, own, log })]);
}

/** A feature that has nothing but parts. */
function featureOf(name: string, diagnostics: NonNullable<Feature["diagnostics"]>): Feature {
  return {
    ...{ name, diagnostics },
    routes: () => undefined,
    capability: async () => ({ works: "yes", parts: [] }),
  };
}

function post(served: ServedFeatures, body?: object): Promise<Response> {
  return served.get("/diagnostics", {
    method: "POST",
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
}

async function collect(served: ServedFeatures, body?: object) {
  const response = await post(served, body);
  expect(response.status).toBe(202);
  const { id } = bundleState.strict().parse(await response.json());
  expect(response.headers.get("Location")).toBe(`/_sidecar/diagnostics/${id}`);
  const state = await poll("the bundle is there", async () => {
    const now = bundleState.strict().parse(await (await served.get(`/diagnostics/${id}`)).json());
    return now.state === "running" ? undefined : now;
  });
  expect(state.state).toBe("ended");
  const answer = await served.get(`/diagnostics/${id}/bundle.tar.gz`);
  expect(answer.headers.get("Content-Type")).toBe("application/gzip");
  const packed = await answer.bytes();
  expect(packed.length).toBe(state.bytes);
  const files = new Map<string, string>();
  for (const { header, data } of await unpackTar(gunzipSync(packed))) {
    const [folder, name = ""] = header.name.split("/");
    expect(folder).toMatch(/^tickbird-diagnostics-\d{14}$/);
    files.set(name, Buffer.from(data ?? []).toString());
  }
  return { state, files };
}

describe("POST /diagnostics", () => {
  test("one file has what every feature knows, and a list of what is in it, with secrets masked", async () => {
    await using target = await startScript("exec sleep 300");
    const processes = createProcesses(
      { enabled: true, signals: [] },
      {
        coreProcess: { find: async () => coreOf(target) },
        log: createLog({ level: "silent", access: false }),
      },
    );
    await using served = await serve(
      processes,
      featureOf("plain", [{ file: "plain.txt", read: () => "text\n" }]),
    );
    const { state, files } = await collect(served, { trace: 0 });
    expect([...files.keys()].toSorted()).toEqual([
      ...["manifest.json", "plain.txt", "processes.json", "settings.txt", "sidecar.json", "top.txt"],
    ]);
    expect(files.get("plain.txt")).toBe("text\n");
    const list = z
      .object({ processes: z.array(z.object({ pid: z.int() })) })
      .parse(JSON.parse(files.get("processes.json") ?? ""));
    expect(list.processes.map(({ pid }) => pid)).toContain(target.pid);
    expect(files.get("settings.txt")).toContain("auth.token = ******");
    expect([...files.values()].join()).not.toContain(SECRET);
    expect(JSON.parse(files.get("sidecar.json") ?? "")).toMatchObject({ version: "1.2.3", pid: process.pid });
    const manifest = z.object({ parts: z.unknown() }).parse(JSON.parse(files.get("manifest.json") ?? ""));
    expect(manifest.parts).toEqual(state.parts);
  });

  test("what fails or is not wanted is told in the list, and the rest is there all the same", async () => {
    const failing = featureOf("failing", [
      {
        file: "refused.json",
        read: () =>
          Promise.reject(new AppError("permission-denied", "Not allowed.", { remedy: "Allow it." })),
      },
      { file: "broken.json", read: () => Promise.reject(new Error("inner detail")) },
      { file: "unwanted.json", read: () => undefined },
      { file: "large.txt", read: () => "x".repeat(20_000_000) },
      { file: "well.json", read: () => ({ well: true }) },
    ]);
    await using served = await serve(failing);
    const { state, files } = await collect(served);
    const reasonOf = (file: string) => state.parts.find((part) => part.file === file)?.reason;
    expect(state.parts.find(({ file }) => file === "refused.json")).toMatchObject({
      ...{ isIncluded: false, reason: "Not allowed.", remedy: "Allow it.", feature: "failing" },
    });
    expect(reasonOf("broken.json")).toBe("It could not be read; the log has the details.");
    expect(reasonOf("unwanted.json")).toBe("It was not asked for.");
    expect(reasonOf("large.txt")).toContain("20000000 bytes");
    expect(reasonOf("well.json")).toBe(null);
    expect([...files.keys()].toSorted()).toEqual([
      "manifest.json",
      "settings.txt",
      "sidecar.json",
      "well.json",
    ]);
  });

  test("one is put together at a time; it can be given up, and its file is not there before its time", async () => {
    const gate = Promise.withResolvers<string>();
    let wasGivenUp = false;
    const slow = featureOf("slow", [
      {
        file: "slow.txt",
        read({ signal }) {
          signal.addEventListener("abort", () => {
            wasGivenUp = true;
          });
          return gate.promise;
        },
      },
    ]);
    await using served = await serve(slow);
    const { id } = bundleState.parse(await (await post(served)).json());
    const second = await post(served);
    expect([second.status, second.headers.get("Retry-After")]).toEqual([429, "5"]);
    const early = await served.get(`/diagnostics/${id}/bundle.tar.gz`);
    expect([early.status, early.headers.get("Retry-After")]).toEqual([409, "2"]);
    expect((await served.get(`/diagnostics/${id}`, { method: "DELETE" })).status).toBe(204);
    expect(wasGivenUp).toBe(true);
    expect((await served.get(`/diagnostics/${id}`)).status).toBe(404);
    expect(bundleList.parse(await (await served.get("/diagnostics")).json()).diagnostics).toEqual([]);
    expect((await post(served, { trace: 61 })).status).toBe(422);
    const asViewer = { headers: { Authorization: `Bearer ${VIEWER_TOKEN}` } };
    expect((await served.get("/diagnostics", asViewer)).status).toBe(403);
  });

  test.skipIf(isMissing("ptrace"))(
    "it counts the app's system calls, for as long as is asked for",
    async () => {
      await using target = await startBusy();
      const strace = makeStrace({ core: coreOf(target), settings: { MAX_FROZEN_MS: 10_000 } });
      await using served = await serve(strace);
      const { files } = await collect(served, { trace: 0.3 });
      const summary = JSON.parse(files.get("system-calls.json") ?? "");
      expect(summary).toMatchObject({ process: { pid: target.pid }, endReason: "time-limit" });
      expect(summary.callCount).toBeGreaterThan(0);
      expect(await isFree(target.pid)).toBe(true);
    },
  );
});

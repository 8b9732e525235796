import { connect } from "node:net";
import { messageOf } from "../../base/errors.ts";
import { signalProcess } from "../../linux/signal-process.ts";
import type { ReloadSettings } from "../../settings/schema.ts";
import { type Capability, type CapabilityPart, capabilityOf } from "../feature.ts";
import type { ConfigFile } from "./config-files.ts";
import { describeFile, type FileDescription } from "./describe-file.ts";
import { denied, findTarget, obstacleOf, type ReloadDeps } from "./reload.ts";

/** What can be done with each of the files: read it, write it, and make the app read it again. Changes nothing. */
export async function configCapability(
  files: Iterable<ConfigFile>,
  maxBytes: number,
  deps: ReloadDeps,
): Promise<Capability> {
  const parts: CapabilityPart[] = [];
  for (const file of files) {
    const description = await describeFile(file, maxBytes);
    parts.push(part(`${file.name}: read`, description.readable, description), writePart(description));
    if (file.reload.kind !== "none") parts.push(await reloadPart(file.name, file.reload, deps));
  }
  if (parts.length > 0) return capabilityOf(parts);
  return capabilityOf([
    {
      name: "files",
      works: false,
      reason: "No configuration file of the app is named.",
      remedy: "SIDECAR_CONFIG_FILES=/path/of/app.ini, with the folder of the file mounted into the sidecar",
    },
  ]);
}

function part(name: string, works: boolean, { problem }: FileDescription): CapabilityPart {
  if (works) return { name, works };
  return {
    name,
    works,
    ...(problem === undefined ? {} : { reason: problem.detail }),
    ...(problem?.remedy === undefined ? {} : { remedy: problem.remedy }),
  };
}

function writePart(description: FileDescription): CapabilityPart {
  const name = `${description.name}: write`;
  if (description.atomic !== false) return part(name, description.writable, description);
  return {
    name,
    works: true,
    reason: "The file itself is a mount: it is written in place, not replaced at once.",
    remedy: "Mount the folder of the file instead of the file.",
  };
}

async function reloadPart(
  fileName: string,
  reload: Exclude<ReloadSettings, { kind: "none" }>,
  deps: ReloadDeps,
): Promise<CapabilityPart> {
  const name = `${fileName}: reload`;
  const obstacle =
    reload.kind === "http" ? await connectionObstacle(deps.coreUrl) : await signalObstacle(reload, deps);
  if (obstacle === undefined) return { name, works: true };
  return { name, works: false, reason: obstacle.detail, remedy: obstacle.remedy };
}

async function signalObstacle(reload: Extract<ReloadSettings, { kind: "signal" }>, deps: ReloadDeps) {
  const found = await findTarget(reload, deps);
  if (found.kind === "missing") return { detail: found.reason, remedy: found.remedy };
  const obstacle = await obstacleOf(reload, found.pid);
  if (obstacle !== undefined) return obstacle;
  return signalProcess(found, 0) === "denied" ? denied(found.pid) : undefined;
}

const CONNECT_TIMEOUT_MS = 1_000;

/** Whether the app takes connections; what it says to the call itself is known only when it is made. */
async function connectionObstacle(coreUrl: string) {
  const { hostname, port } = new URL(coreUrl);
  const { promise, resolve } = Promise.withResolvers<{ detail: string; remedy: string } | undefined>();
  const remedy = "See whether the app runs: /health";
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80) });
  const timer = setTimeout(
    () => resolve({ detail: `${coreUrl} does not answer within ${CONNECT_TIMEOUT_MS} ms.`, remedy }),
    CONNECT_TIMEOUT_MS,
  );
  socket.once("connect", () => resolve(undefined));
  socket.once("error", (error) =>
    resolve({ detail: `${coreUrl} can't be reached: ${messageOf(error)}`, remedy }),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

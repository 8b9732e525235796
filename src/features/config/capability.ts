import { connect } from "node:net";
import { AppError, messageOf } from "../../base/errors.ts";
import { type CommandRun, prepareCommand } from "../../linux/command-place.ts";
import { whatIsNotCores } from "../../linux/core-namespaces.ts";
import { placeOfCommand } from "../../linux/run-command.ts";
import { signalProcess } from "../../linux/signal-process.ts";
import type { ReloadSettings } from "../../settings/schema.ts";
import { type Capability, type CapabilityPart, capabilityOf } from "../feature.ts";
import type { ConfigFile, ConfigFiles } from "./files/config-files.ts";
import { describeFile, type FileDescription } from "./files/describe-file.ts";
import type { FileRecords } from "./history/file-records.ts";
import { denied, findTarget, type Obstacle, obstacleOf, type ReloadDeps } from "./reload/reload.ts";
import { verifyProblem } from "./reload/verify-problem.ts";
import { validationProblem } from "./validation/validate-change.ts";

/** What can be done with each of the files: read it, write it, and make the app read it again. Changes nothing. */
export async function configCapability(
  files: ConfigFiles,
  maxBytes: number,
  deps: ReloadDeps,
  records: FileRecords,
): Promise<Capability> {
  const parts: CapabilityPart[] = [];
  for (const file of await files.list()) {
    const description = await describeFile(file, maxBytes, deps);
    parts.push(part(`${file.name}: read`, description.readable, description), writePart(description));
    if (file.schema !== undefined || file.validate !== undefined) parts.push(await validatePart(file, deps));
    if (file.reload.kind !== "none") parts.push(await reloadPart(file.name, file.reload, deps));
    parts.push(...(await verifyParts(file, deps)));
    parts.push(...(await historyParts(file, records)));
  }
  if (parts.length === 0) {
    parts.push(
      ...files.patterns.map((name) => ({ name, works: true, reason: "No file matches it at the moment." })),
    );
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

/** Only told where it does not work: then no change would be made. */
async function historyParts(file: ConfigFile, records: FileRecords): Promise<readonly CapabilityPart[]> {
  try {
    await records.historyOf(file);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { message: reason, remedy = "SIDECAR_CONFIG_HISTORY_DIR=…" } = error;
    return [{ name: `${file.name}: keep its history`, works: false, reason, remedy }];
  }
}

/** Only told where it does not work, or not wholly in the app: then every change might be put back. */
async function verifyParts(
  { name, verify }: ConfigFile,
  deps: ReloadDeps,
): Promise<readonly CapabilityPart[]> {
  const problem = await verifyProblem(verify, deps.coreProcess);
  if (problem === undefined) {
    const command = verify.find((check) => check.kind === "command");
    const shortfall = command === undefined ? {} : await shortfallOf(command, deps);
    return "reason" in shortfall ? [{ name: `${name}: verify`, works: true, ...shortfall }] : [];
  }
  const { message: reason, remedy = "Correct config.verify." } = problem;
  return [{ name: `${name}: verify`, works: false, reason, remedy }];
}

/** What a command in the app would not have of it; nothing where that is all right. */
async function shortfallOf(
  command: Pick<CommandRun, "command" | "in" | "env">,
  deps: ReloadDeps,
): Promise<Pick<CapabilityPart, "reason" | "remedy">> {
  if (command.in === "sidecar") return {};
  const place = await placeOfCommand(command, deps);
  const reason = whatIsNotCores(place);
  if (reason === undefined) return {};
  return { reason, ...(place.remedy === undefined ? {} : { remedy: place.remedy }) };
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

async function validatePart(file: ConfigFile, deps: ReloadDeps): Promise<CapabilityPart> {
  const name = `${file.name}: validate`;
  const problem = await validationProblem(file, deps);
  if (problem === undefined) {
    return {
      name,
      works: true,
      ...(file.validate === undefined ? {} : await shortfallOf(file.validate, deps)),
    };
  }
  const { message: reason, remedy } = problem;
  return { name, works: false, reason, ...(remedy === undefined ? {} : { remedy }) };
}

async function reloadPart(
  fileName: string,
  reload: Exclude<ReloadSettings, { kind: "none" }>,
  deps: ReloadDeps,
): Promise<CapabilityPart> {
  const name = `${fileName}: reload`;
  if (reload.kind === "command") return await commandPart(name, reload, deps);
  const obstacle = await obstacleTo(reload, deps);
  if (obstacle === undefined) return { name, works: true };
  return { name, works: false, reason: obstacle.detail, remedy: obstacle.remedy };
}

async function commandPart(name: string, command: CommandRun, deps: ReloadDeps): Promise<CapabilityPart> {
  try {
    await prepareCommand(command, deps.coreProcess);
    return { name, works: true, ...(await shortfallOf(command, deps)) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { message: reason, remedy = "Correct the command in config.reload." } = error;
    return { name, works: false, reason, remedy };
  }
}

async function obstacleTo(
  reload: Extract<ReloadSettings, { kind: "http" | "signal" }>,
  deps: ReloadDeps,
): Promise<Obstacle | undefined> {
  if (reload.kind === "http") return await connectionObstacle(deps.coreUrl);
  return await signalObstacle(reload, deps);
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

import { readdir, readlink } from "node:fs/promises";
import { connect, type TLSSocket } from "node:tls";
import { childrenOf, readProcessTable } from "../../src/linux/process-table.ts";
import { type RunningSidecar, startSidecarProcess } from "./sidecar.ts";

/** Sidecars of several processes. */

/** Starts one with two workers. */
export function startCluster(corePort: number, env: Record<string, string> = {}): Promise<RunningSidecar> {
  return startSidecarProcess(corePort, { SIDECAR_CLUSTER: "2", ...env });
}

/** The pids of its workers, in the order of their age. */
export async function workersOf(sidecar: RunningSidecar): Promise<number[]> {
  const table = await readProcessTable();
  return childrenOf(table, sidecar.process.pid ?? 0).map(({ pid }) => pid);
}

/** How many sockets a process has open; 0 when it is gone. */
export async function socketsOf(pid: number): Promise<number> {
  const dir = `/proc/${pid}/fd`;
  const names = await readdir(dir).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${dir}/${name}`).catch(() => "")));
  return links.filter((link) => link.startsWith("socket:")).length;
}

/** Whether there is a process of this pid that has not ended. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = (await readProcessTable()).get(pid);
  return stat !== undefined && stat.stateLetter !== "Z";
}

/** Opens a connection whose certificate is looked at, not verified. */
export async function openTls(
  port: number,
  options: { session?: Buffer; maxVersion?: "TLSv1.2" | "TLSv1.3" } = {},
): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return socket.on("error", () => undefined);
}

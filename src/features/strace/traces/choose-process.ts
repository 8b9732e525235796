import { AppError } from "../../../base/errors.ts";
import { isZombie } from "../../../linux/proc-stat.ts";
import { ownPids, readProcessTable, topmost } from "../../../linux/process-table.ts";

/** The kernel keeps so many bytes of a process's short name. */
const COMM_BYTES = 15;
const MAX_SHOWN = 8;

/**
 * Finds a process by its name, as `GET /processes` tells it. Where several have it and one of them started the others,
 * it is that one.
 * @throws {AppError} `process-not-found`, or `conflict` naming the pids to choose from.
 */
export async function processNamed(name: string): Promise<number> {
  const table = await readProcessTable();
  const own = ownPids(table);
  const short = name.slice(0, COMM_BYTES);
  const named = [...table.values()].filter(
    (stat) => stat.comm === short && !own.has(stat.pid) && !stat.isKernelThread && !isZombie(stat),
  );
  const [first, ...others] = topmost(table, named);
  if (first === undefined) {
    throw new AppError("process-not-found", `There is no process with the name ${name}.`, {
      remedy: "GET processes lists those that are visible, with their names.",
    });
  }
  if (others.length === 0) return first.pid;
  const pids = [first, ...others].map(({ pid }) => pid);
  throw new AppError("conflict", `${pids.length} processes have the name ${name}.`, {
    remedy: `"process": ${pids.slice(0, MAX_SHOWN).join(", or ")}`,
    extra: { pids: pids.slice(0, MAX_SHOWN) },
  });
}

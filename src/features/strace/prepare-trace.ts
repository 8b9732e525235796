import type { Settings } from "../../settings/schema.ts";
import { chooseEngine } from "./engine.ts";
import type { Engine, EngineWish } from "./engine-names.ts";
import { chooseTargets, type TraceTargets } from "./targets.ts";
import type { ToolCheck } from "./tool-check.ts";

/** What is to be traced, and by what. */
export interface PreparedTrace {
  readonly targets: TraceTargets;
  readonly engine: Engine;
}

/** How a trace is prepared. */
export interface PrepareParts {
  readonly settings: Settings["strace"];
  readonly tool: ToolCheck;
  readonly wish: EngineWish;
  /** Whether those below the process are traced with it. */
  readonly withDescendants: boolean;
}

/**
 * Finds out, before anything is touched, whether a process can be traced as it is asked for.
 * @throws {AppError} saying why it can't.
 */
export async function prepareTrace(pid: number, parts: PrepareParts): Promise<PreparedTrace> {
  const { settings, tool, wish, withDescendants } = parts;
  const targets = await chooseTargets(pid, withDescendants);
  const engine = await chooseEngine(wish, settings, targets.main.pid);
  if (engine === "strace") await tool.verify();
  return { targets, engine };
}

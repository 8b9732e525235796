import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { AppError, isErrno, messageOf } from "../../base/errors.ts";
import type { Logger } from "../../web/log.ts";
import type { Capability, CapabilityPart, Feature } from "../feature.ts";

/** Asks every feature what it can do here, and takes no harm from one that fails or hangs. */

/** The schema of what one feature can do. */
const featureCapability = z.object({
  name: z.string(),
  works: z.enum(["yes", "partly", "no"]),
  parts: z.array(
    z.object({
      name: z.string(),
      works: z.boolean(),
      reason: z.string().optional().meta({ description: "Why it does not work, or not fully." }),
      remedy: z.string().optional().meta({ description: "The line that mends it." }),
    }),
  ),
});

/** The schema of what `/capabilities` answers. */
export const capabilitiesReport = z.object({ capabilities: z.array(featureCapability) });

/** A feature's name and what it can do. */
export type FeatureCapability = { readonly name: string } & Capability;

/** How long a feature may take to say what it can do. */
export const ANSWER_TIMEOUT_MS = 3_000;

/** Makes the question. A feature that is still at an earlier one is not asked again: all who ask share its answer. */
export function createFeatureQuestion(
  log: Logger,
  timeoutMs: number,
): (feature: Feature) => Promise<FeatureCapability> {
  const open = new Map<Feature, Promise<Capability>>();

  const ask = (feature: Feature): Promise<Capability> => {
    const earlier = open.get(feature);
    if (earlier !== undefined) return earlier;
    const answer = answerOf(feature, log).finally(() => open.delete(feature));
    open.set(feature, answer);
    return answer;
  };

  return async (feature) => {
    const stop = new AbortController();
    const capability = await Promise.race([ask(feature), tooLate(feature.name, timeoutMs, stop.signal)]);
    stop.abort();
    return { name: feature.name, ...capability };
  };
}

async function answerOf(feature: Feature, log: Logger): Promise<Capability> {
  try {
    return await feature.capability();
  } catch (error) {
    log.warn({ feature: feature.name, err: error }, "a feature could not say what it can do");
    return unknownBecause(feature.name, explain(error));
  }
}

async function tooLate(name: string, timeoutMs: number, signal: AbortSignal): Promise<Capability> {
  await delay(timeoutMs, undefined, { signal }).catch(() => {});
  return unknownBecause(name, { reason: `It could not be found out within ${timeoutMs} ms.` });
}

function unknownBecause(name: string, { reason, remedy }: Pick<CapabilityPart, "reason" | "remedy">) {
  const why = { ...(reason === undefined ? {} : { reason }), ...(remedy === undefined ? {} : { remedy }) };
  return { works: "no", parts: [{ name, works: false, ...why }] } as const;
}

/** What the operating system says is passed on; an error nobody foresaw stays in the log. */
function explain(error: unknown): Pick<CapabilityPart, "reason" | "remedy"> {
  if (error instanceof AppError) {
    return { reason: error.message, ...(error.remedy === undefined ? {} : { remedy: error.remedy }) };
  }
  if (isErrno(error, "EACCES", "EPERM", "ENOENT")) return { reason: messageOf(error) };
  return { reason: "It could not be found out; the log has the details." };
}

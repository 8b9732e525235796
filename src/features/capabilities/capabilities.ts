import type { Logger } from "../../web/log.ts";
import { chooseForm } from "../../web/negotiate.ts";
import type { Feature } from "../feature.ts";
import {
  ANSWER_TIMEOUT_MS,
  capabilitiesReport,
  createFeatureQuestion,
  type FeatureCapability,
} from "./ask-features.ts";
import { capabilitiesPage, capabilitiesText } from "./capability-forms.ts";

/** A feature that is switched off, and the line that switches it on: `SIDECAR_STRACE_ENABLED=true`. */
export interface DisabledFeature {
  readonly name: string;
  readonly setting: string;
}

/**
 * Makes the feature `capabilities`: what works in this deployment, what does not, why, and the line that mends it.
 * @param features those that are switched on; asked at each request, so that the list may be completed later.
 */
export function createCapabilities(
  features: () => readonly Feature[],
  disabled: readonly DisabledFeature[],
  { log, answerTimeoutMs = ANSWER_TIMEOUT_MS }: { readonly log: Logger; readonly answerTimeoutMs?: number },
): Feature {
  const ask = createFeatureQuestion(log, answerTimeoutMs);
  const switchedOff = disabled.map(({ name, setting }): FeatureCapability => {
    return { name, works: "no", parts: [{ name, works: false, reason: "switched off", remedy: setting }] };
  });
  const all = async () => {
    const answers = await Promise.all(features().map((feature) => ask(feature)));
    return [...answers, ...switchedOff];
  };
  return {
    name: "capabilities",
    diagnostics: [{ file: "capabilities.json", read: async () => ({ capabilities: await all() }) }],
    async capability() {
      return { works: "yes", parts: [{ name: "report", works: true }] };
    },
    routes(table) {
      table.add(
        "GET",
        "/capabilities",
        {
          summary: "What works in this deployment, what does not, why, and the line that mends it",
          role: "viewer",
          responses: {
            200: {
              description: "Every feature, also those that are switched off.",
              content: { "application/json": capabilitiesReport, "text/plain": null, "text/html": null },
            },
          },
        },
        async ({ ctx }) => {
          const form = chooseForm(ctx, ["json", "text", "html"]);
          const capabilities = await all();
          if (form === "json") ctx.body = { capabilities };
          if (form === "text") ctx.body = capabilitiesText(capabilities);
          if (form === "html") {
            const page = capabilitiesPage(capabilities);
            ctx.set({ ...page.headers });
            ctx.body = page.body;
          }
        },
      );
    },
  };
}

import type { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { signalRemedy } from "../../linux/remedies.ts";
import { signalProcess } from "../../linux/signal-process.ts";
import type { Settings } from "../../settings/schema.ts";
import { readJson } from "../../web/json-body.ts";
import { pidPath } from "../../web/pid-path.ts";
import type { RouteCall, RouteTable } from "../../web/routes.ts";
import { checkSignal } from "./check-signal.ts";
import type { ProcessesDeps } from "./processes-deps.ts";
import { type SignalRequest, type SignalSent, signalRequest, signalSent } from "./signal-schema.ts";

const MAX_BODY_BYTES = 4_096;
const JSON_TYPE = "application/json";
const EXAMPLE = '{"signal": "SIGHUP", "startTime": "<as GET processes tells it>"}';

/** Adds the route that sends signals. */
export function addSignals(
  table: RouteTable,
  { signals: allowed }: Settings["processes"],
  deps: ProcessesDeps,
): void {
  table.add(
    "POST",
    "/processes/{pid}/signals",
    {
      summary: "Send a signal to a process of the app",
      description:
        "Only signals that `processes.signals` allows, only to processes of the app, and only to the one that `startTime` names. One that the process ignores is refused, and so is one that would end it and is not meant to. Logged.",
      role: "operator",
      params: pidPath,
      body: { [JSON_TYPE]: signalRequest },
      responses: { 200: { description: "It was sent.", content: { [JSON_TYPE]: signalSent } } },
    },
    async (call) => {
      const request = await readJson(call.ctx, signalRequest, { maxBytes: MAX_BODY_BYTES, example: EXAMPLE });
      const pid = Number(call.params.pid);
      const { ref, effect } = await checkSignal(pid, request, await deps.coreProcess.find(), allowed);
      await send(call, ref, request, deps);
      call.ctx.body = { ...ref, signal: request.signal, effect } satisfies SignalSent;
    },
  );
}

async function send(
  { ctx, principal }: RouteCall<z.output<typeof pidPath>, unknown>,
  ref: { readonly pid: number; readonly startTime: string; readonly name: string },
  { signal }: SignalRequest,
  { log }: ProcessesDeps,
): Promise<void> {
  const about = {
    audit: "processes.signal",
    user: principal.name,
    ...ref,
    signal,
    requestId: ctx.state.requestId,
  };
  // Before it is sent: one that ends the app's container takes the sidecar with it, where they share the PID namespace.
  log?.info(about, "a signal is sent to a process");
  const outcome = signalProcess(ref, signal);
  if (outcome === "sent") return;
  log?.warn({ ...about, outcome }, "the signal was not sent");
  throw outcome === "denied"
    ? new AppError("permission-denied", `The sidecar may not send signals to process ${ref.pid}.`, {
        remedy: (await signalRemedy(ref.pid)) ?? "GET processes: it has ended",
      })
    : new AppError("process-not-signalable", `Process ${ref.pid} has just ended.`, {
        remedy: "GET processes",
      });
}

import { once } from "node:events";
import { connect } from "node:net";
import type { HealthCheck } from "../feature.ts";
import { addressOf, explainFailure } from "./core-address.ts";

/** The check whether the core accepts TCP connections. Traffic stays away while it does not. */
export function coreTcpCheck(coreUrl: string): HealthCheck {
  const { host, port } = addressOf(coreUrl);
  return {
    name: "core-tcp",
    affectsReadiness: true,
    async run(signal) {
      const startedMs = performance.now();
      const socket = connect({ host, port });
      try {
        await once(socket, "connect", { signal });
      } catch (error) {
        signal.throwIfAborted();
        return { status: "fail", ...explainFailure(error, coreUrl) };
      } finally {
        // What comes later, such as a reset of the connection just made, is not this check's to tell.
        socket.on("error", () => {});
        socket.destroy();
      }
      const connectMs = Math.round((performance.now() - startedMs) * 10) / 10;
      return {
        status: "pass",
        detail: `The app accepts connections at ${host}:${port}.`,
        figures: { connectMs },
      };
    },
  };
}

import { startFront } from "../support/front.ts";
import { startSidecarProcess } from "../support/sidecar.ts";
export async function startEdge(corePort: number) {
  if (process.env["FRONT"]) return startFront(corePort);
  const s = await startSidecarProcess(corePort);
  return { ...s, ca: await s.ca() };
}

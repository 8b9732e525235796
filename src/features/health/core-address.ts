import { isErrno, messageOf } from "../../base/errors.ts";

/** Where the core is, and what it means when it can't be reached there. */

/** The host (an IPv6 address without its brackets) and the port of an `http://` URL. */
export function addressOf(coreUrl: string): { host: string; port: number } {
  const { hostname, port } = new URL(coreUrl);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 80 : Number(port) };
}

/** Says in a sentence why a connection to the core failed, and what mends it. */
export function explainFailure(error: unknown, coreUrl: string): { detail: string; remedy?: string } {
  const { host, port } = addressOf(coreUrl);
  if (isErrno(error, "ECONNREFUSED")) {
    return {
      detail: `Nothing listens at ${host}:${port}.`,
      remedy: "Start the app, or set SIDECAR_CORE_URL to where it listens.",
    };
  }
  if (isErrno(error, "ENOTFOUND", "EAI_AGAIN")) {
    return {
      detail: `The name ${host} can't be resolved.`,
      remedy: "Set SIDECAR_CORE_URL to a name on a network that the sidecar and the app share.",
    };
  }
  if (isErrno(error, "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT")) {
    return {
      detail: `There is no way to ${host}:${port}.`,
      remedy: "Put the sidecar and the app on one network.",
    };
  }
  if (isErrno(error, "ECONNRESET", "EPIPE")) {
    return { detail: `The app at ${host}:${port} closed the connection without an answer.` };
  }
  return { detail: `The app at ${host}:${port} can't be asked: ${messageOf(error)}` };
}

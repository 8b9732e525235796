import type { AddressInfo, Server } from "node:net";
import { isErrno, StartError } from "../base/errors.ts";

/**
 * Binds a server to its port.
 * @throws {StartError} naming the setting when the port is taken or may not be used.
 */
export async function listen(
  server: Server,
  { name, port, host }: { name: "https" | "http"; port: number; host?: string | undefined },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  try {
    await promise;
  } catch (error) {
    const setting = `SIDECAR_${name.toUpperCase()}_PORT`;
    if (isErrno(error, "EADDRINUSE")) {
      throw new StartError(`Port ${port} is in use.`, {
        cause: error,
        remedy: `Set ${setting} to a free port, or stop what uses it.`,
      });
    }
    if (isErrno(error, "EACCES")) {
      throw new StartError(`Port ${port} may not be used.`, {
        cause: error,
        remedy: `Set ${setting} to a port above 1023.`,
      });
    }
    throw new StartError(`Port ${port} can't be opened: ${String(error)}`, {
      cause: error,
      remedy: `Look at ${setting} and SIDECAR_HTTPS_HOST.`,
    });
  }
  server.off("error", reject);
  return (server.address() as AddressInfo).port;
}

import { readStub } from "../jmx/jmx-url.ts";
import type { Jvm } from "../jvm-finder.ts";
import type { RemoteRef } from "../rmi/remote-ref.ts";
import { isNetworkShared } from "./jvm-address.ts";

/** Where a JVM writes down the address of its local connector (ConnectorAddressLink of OpenJDK). */
const COUNTER = "sun.management.JMXConnectorServer.address";

/**
 * Finds the local connector of a JVM: the JDK's own, which obeys whoever is on the same machine and knows its address,
 * without a password. It is there where the app was started with `-Dcom.sun.management.jmxremote`, or a tool of the JDK has
 * opened it (`jcmd <pid> ManagementAgent.start_local`). Undefined where it is not, or where another network is between.
 * Nothing is sent.
 */
export async function findLocalConnector(jvm: Jvm): Promise<RemoteRef | undefined> {
  const { sample } = await jvm.read();
  const url = sample?.text(COUNTER);
  if (url === undefined || url === null || !(await isNetworkShared(jvm))) return undefined;
  return readStub(url);
}

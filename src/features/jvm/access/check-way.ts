import { AppError } from "../../../base/errors.ts";
import type { Obstacle } from "../../../linux/look-into.ts";
import { checkAttach } from "../attach/attach-check.ts";
import { whyNoRoom } from "../attach/attach-place.ts";
import type { Jvm } from "../jvm-finder.ts";
import type { TouchLevel } from "../touch.ts";
import { addressOfPort, privateAddress } from "./jvm-address.ts";
import { findLocalConnector } from "./local-connector.ts";
import { findOpenPort } from "./open-port.ts";

/** The way to the MBeans of a JVM, as far as it can be known without going it. */
export interface JmxWayCheck {
  readonly takes: TouchLevel;
  readonly how: string;
  readonly obstacle: Obstacle | undefined;
}

/** Finds out which way there is; nothing is asked of the JVM. */
export async function checkJmxWay(jvm: Jvm, coreHost: string): Promise<JmxWayCheck> {
  const open = await findOpenPort(jvm);
  if (open !== undefined) {
    const how = `By the JMX port ${open.port} that the app has opened.`;
    return { takes: "talk", how, obstacle: await obstacleOf(addressOfPort(jvm, open.port, coreHost)) };
  }
  if ((await findLocalConnector(jvm)) !== undefined) {
    const how = "By the local connector that the JVM has open for tools on its machine.";
    return { takes: "talk", how, obstacle: undefined };
  }
  const { obstacle } = await checkAttach(jvm);
  return {
    takes: "modify",
    how: "By an agent that is started when MBeans are asked for, and removed again.",
    // The agent reads its passwords there.
    obstacle:
      obstacle ?? (await whyNoRoom(jvm.stat.pid)) ?? (await obstacleOf(privateAddress(jvm, coreHost))),
  };
}

async function obstacleOf(looking: Promise<string>): Promise<Obstacle | undefined> {
  try {
    await looking;
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { reason: error.message, remedy: error.remedy ?? null };
  }
}

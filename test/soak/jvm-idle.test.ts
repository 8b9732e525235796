import { expect, test } from "vitest";
import { METHODS } from "../../src/features/jvm/jmx/jmx-methods.ts";
import { openJmxSession } from "../../src/features/jvm/jmx/jmx-session.ts";
import { startForgetting } from "../support/jmx-fixtures.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";

/** As soon as any JVM forgets a login (`jmx.remote.x.server.connection.timeout`). */
const FORGOTTEN_MS = 120_000;
const NEVER_MS = 3_600_000;

describeWith(["jdk"], "A login at a JVM", () => {
  test(
    "that was idle for two minutes is forgotten and made anew, and one that is kept is not forgotten",
    async () => {
      const port = await freePort();
      await using jvm = await startForgetting(port, null);
      const options = { host: "127.0.0.1", port, credentials: null };
      await using idle = await openJmxSession(options, NEVER_MS);
      await using kept = await openJmxSession(options);
      const beganMs = performance.now();
      await poll("the JVM has forgotten one", () => jvm.output().includes("closed"), {
        timeoutMs: 2 * FORGOTTEN_MS,
      });
      expect(performance.now() - beganMs).toBeGreaterThan(FORGOTTEN_MS - 5_000);
      for (const session of [idle, kept]) {
        expect(await session.call(METHODS.getDefaultDomain, [null])).toBe("DefaultDomain");
      }
      expect([idle.generation, kept.generation]).toEqual([2, 1]);
      expect(jvm.output().match(/opened|closed/g)).toEqual(["opened", "opened", "closed", "opened"]);
    },
    3 * FORGOTTEN_MS,
  );
});

import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { fromJson } from "../../src/features/jvm/jmx/from-json.ts";
import { connectJmx } from "../../src/features/jvm/jmx/jmx-client.ts";
import { JmxError } from "../../src/features/jvm/jmx/jmx-error.ts";
import { toJson } from "../../src/features/jvm/jmx/to-json.ts";
import { compileJava, jmxFlags, secureFlags, startOdd } from "../support/jmx-fixtures.ts";
import { type Comparison, compareClients } from "../support/jmx-oracle.ts";
import { describeWith } from "../support/peers.ts";
import { freePort } from "../support/ports.ts";
import { installedJdks } from "./jvms.ts";
import { startTomcat } from "./tomcat.ts";

const VALUES = "odd:type=Values";
const JDKS = installedJdks().map(([name, home]) => [name, join(home, "bin/java")] as const);
/** Each starts several JVMs. */
const TIMEOUT_MS = 90_000;

describeWith(["tomcat", "jdk"], "a JMX client and a JVM", () => {
  let odd: string;
  let oracle: string;

  beforeAll(async () => {
    [odd, oracle] = await Promise.all([compileJava("Odd"), compileJava("Oracle")]);
  });

  test.each(JDKS)(
    "agree with Java's own client about every value of an app with odd MBeans: %s",
    async (name, java) => {
      const port = await freePort();
      await using _app = await startOdd(odd, jmxFlags(port), java);
      const comparison = await compareClients(`odd MBeans on ${name}`, oracle, port);
      expect(unexplained(comparison)).toEqual(ODD_DIFFERENCES);
      expect(comparison.onlyOne).toEqual([]);
      expectCounts(comparison, { attributes: 300, equal: 250 });
    },
    TIMEOUT_MS,
  );

  test.each(JDKS)(
    "agree with Java's own client about every value of Tomcat: %s",
    async (name, java) => {
      const port = await freePort();
      await using _tomcat = await startTomcat("", undefined, jmxFlags(port), java);
      const comparison = await compareClients(`Tomcat on ${name}`, oracle, port);
      expect(unexplained(comparison)).toEqual({});
      expect(comparison.onlyOne).toEqual([]);
      expectCounts(comparison, { attributes: 1_000, equal: 950 });
    },
    TIMEOUT_MS,
  );

  test.each(JDKS)(
    "speak TLS, and know who may log in and who may only read: %s",
    async (_name, java) => {
      const port = await freePort();
      const { flags, ca, folder } = await secureFlags(port);
      onTestFinished(() => rmSync(folder, { recursive: true }));
      await using _app = await startOdd(odd, flags, java);
      const options = { host: "127.0.0.1", port, tls: { ca }, isRegistryTls: true };
      const failureOf = (call: Promise<unknown>) =>
        call.then(
          () => "none",
          (error: unknown) => (error instanceof JmxError ? error.failure : error),
        );

      await using looker = await connectJmx({
        ...options,
        credentials: { user: "looker", password: "apassword" },
      });
      expect(toJson(await looker.attribute(VALUES, "Writable"))).toBe(1);
      expect(await failureOf(looker.setAttribute(VALUES, "Writable", fromJson(2, "int", null)))).toBe(
        "forbidden",
      );
      expect(await failureOf(looker.invoke(VALUES, "echo", ["text"], ["java.lang.String"]))).toBe(
        "forbidden",
      );
      expect(await failureOf(looker.attribute(VALUES, "NotSerializable"))).toBe("not-serializable");

      await using doer = await connectJmx({ ...options, credentials: { user: "doer", password: "other" } });
      await doer.setAttribute(VALUES, "Writable", fromJson(3, "int", null));
      expect(toJson(await looker.attribute(VALUES, "Writable"))).toBe(3);
      expect(await doer.invoke(VALUES, "echo", ["text"], ["java.lang.String"])).toBe("text");

      expect(await failureOf(connectJmx({ ...options, credentials: null }))).toBe("login-refused");
      const wrong = { user: "looker", password: "other" };
      expect(await failureOf(connectJmx({ ...options, credentials: wrong }))).toBe("login-refused");
      const { tls: _tls, ...untrusting } = options;
      expect(await failureOf(connectJmx({ ...untrusting, credentials: null }))).toBe("unreachable");
      const plain = { ...options, isRegistryTls: false, timeoutMs: 2_000 };
      expect(await failureOf(connectJmx({ ...plain, credentials: null }))).toBe("not-jmx");
    },
    TIMEOUT_MS,
  );

  test.each(JDKS)(
    "find each other again after the app's restart: %s",
    async (_name, java) => {
      const port = await freePort();
      let app = await startOdd(odd, jmxFlags(port), java);
      onTestFinished(() => app.stop());
      await using client = await connectJmx({ host: "127.0.0.1", port, credentials: null });
      expect(await client.domains()).toContain("odd");
      await app.stop();
      await expect(client.domains()).rejects.toMatchObject({ name: "JmxError", failure: "unreachable" });
      app = await startOdd(odd, jmxFlags(port), java);
      expect(await client.domains()).toContain("odd");
    },
    TIMEOUT_MS,
  );
});

/** What moves all the time, and may come to be the same twice. */
const MOVING =
  /\t(?:\w*CpuLoad|SystemLoadAverage|Free\w+Size|OpenFileDescriptorCount|ThreadCount|CurrentThread\w+|\w*CpuTime)$/;

/** What Java's client reads of the odd MBeans, and ours as something else. */
const ODD_DIFFERENCES = {
  // Java's client would need the class; ours shows its fields.
  [`${VALUES}\tCustom`]: "!\tjava.lang.ClassNotFoundException",
  // The oracle has no JSON for what is within itself, and none for exceptions.
  [`${VALUES}\tItself`]: "!\tjava.lang.StackOverflowError",
  [`${VALUES}\tThrowable`]: "?\tjava.lang.IllegalStateException",
};

/** How many there are at least, and equal; a JDK has some more than another, and some move between two looks. */
function expectCounts(
  { attributes, stable, equal, unreadable, different }: Comparison,
  least: { readonly attributes: number; readonly equal: number },
): void {
  expect(attributes).toBeGreaterThanOrEqual(least.attributes);
  expect(equal).toBeGreaterThanOrEqual(least.equal);
  expect(equal).toBe(stable - different.size);
  // A value that neither can read is not what this is about.
  expect(unreadable).toBeLessThan(equal / 10);
}

/** Where the two are not equal, with what Java's client reads. */
function unexplained({ different }: Comparison): Record<string, string> {
  const left = [...different].filter(([key]) => !MOVING.test(key)).map(([key, { java }]) => [key, java]);
  return Object.fromEntries(left);
}

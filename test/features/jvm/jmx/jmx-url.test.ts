import { expect, test } from "vitest";
import { readStub } from "../../../../src/features/jvm/jmx/jmx-url.ts";

/** As a JVM of Java 17 has written it down. */
const STUB =
  "rO0ABXNyAC5qYXZheC5tYW5hZ2VtZW50LnJlbW90ZS5ybWkuUk1JU2VydmVySW1wbF9TdHViAAAAAAAAAAICAAB4cgAaamF2YS5ybWkuc2VydmVyLlJlbW90ZVN0dWLp/tzJi+FlGgIAAHhyABxqYXZhLnJtaS5zZXJ2ZXIuUmVtb3RlT2JqZWN002G0kQxhMx4DAAB4cHc0AAtVbmljYXN0UmVmMgAACTEyNy4wLjAuMQAAs8/pEZr3J7sePrVbVDwAAAGiJ8VIOYABAHg=";

test("the object by which one logs in is read out of the URL of a local connector", () => {
  const found = readStub(`service:jmx:rmi://127.0.0.1/stub/${STUB}`);
  expect(found).toMatchObject({ port: 46_031, isTls: false });
  expect(found?.objectId.toString("hex")).toBe("e9119af727bb1e3eb55b543c000001a227c548398001");
});

test.each([
  ["a URL with a registry", "service:jmx:rmi:///jndi/rmi://localhost:9010/jmxrmi"],
  ["another protocol", `service:jmx:iiop://127.0.0.1/stub/${STUB}`],
  ["a stub that is cut off", `service:jmx:rmi://127.0.0.1/stub/${STUB.slice(0, 200)}`],
  ["a stub that is none", `service:jmx:rmi://127.0.0.1/stub/${Buffer.from("none").toString("base64")}`],
  [
    "one that its writer gave up",
    `service:jmx:rmi://127.0.0.1/stub/${Buffer.from("aced00057b70", "hex").toString("base64")}`,
  ],
  ["nothing", ""],
])("%s is none", (_what, url) => {
  expect(readStub(url)).toBeUndefined();
});

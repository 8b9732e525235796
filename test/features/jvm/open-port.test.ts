import { expect, test } from "vitest";
import { openPortIn, optionsOf } from "../../../src/features/jvm/access/open-port.ts";

const JMX = "-Dcom.sun.management.jmxremote";

test.each([
  ["-Xmx64m", undefined],
  [`${JMX}`, undefined],
  [`${JMX}.port=0`, undefined],
  [`${JMX}.port=http`, undefined],
  [`-Xmx64m ${JMX}.port=9010 ${JMX}.ssl=false`, { port: 9010, isRegistryTls: false }],
  [`${JMX}.port=1 ${JMX}.registry.ssl=true ${JMX}.port=2`, { port: 2, isRegistryTls: true }],
])("the JMX port in the arguments %s is %o", (vmArguments, expected) => {
  expect(openPortIn(vmArguments.split(" "))).toEqual(expected);
});

test.each([
  ["java -Xmx64m Main -Da=b", ["-Xmx64m"]],
  ["java -cp lib -Da=b Main -cp x", ["-cp", "lib", "-Da=b"]],
  ["java -Da=b -jar app.jar -Dc=d", ["-Da=b"]],
  ["java --module-path mods -Da=b -m app/Main -Dc=d", ["--module-path", "mods", "-Da=b"]],
  ["java -Da=b @file", ["-Da=b"]],
  ["java -Da=b", ["-Da=b"]],
  ["", []],
])("of the command line %s the JVM's own are %o", (line, expected) => {
  expect(optionsOf(line.split(" "))).toEqual(expected);
});

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { compileJava, jmxFixture, runJava } from "./jmx-fixtures.ts";
import { askJolokia } from "./jolokia-oracle.ts";
import { JOLOKIA_REQUESTS } from "./jolokia-requests.ts";

/**
 * Records anew what Java writes, and what a JVM answers: `npm run generate:jmx`, with a JDK and Jolokia's core
 * (Debian: default-jdk-headless, libjolokia-core-java).
 * What a JVM answers is what the tests ask it for: they run against a real one.
 */
const streams = await runJava(await compileJava("Streams"), "Streams");
writeFileSync(jmxFixture("streams.txt.gz"), gzipSync(streams, { level: 9 }));
const answers = await askJolokia(JOLOKIA_REQUESTS);
writeFileSync(jmxFixture("jolokia-answers.json.gz"), gzipSync(JSON.stringify(answers), { level: 9 }));
const { status } = spawnSync(
  "npx",
  [
    "vitest",
    "run",
    "--project",
    "unit",
    "test/features/jvm",
    "--no-file-parallelism",
    "--testTimeout=120000",
  ],
  {
    env: { ...process.env, RECORD_JMX: "1" },
    stdio: "inherit",
  },
);
process.exitCode = status ?? 1;

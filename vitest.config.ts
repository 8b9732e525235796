import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const common = {
  setupFiles: ["test/support/no-stray-warnings.ts"],
  // Below the 30 s that many limits have where nothing else is set: a test of a shorter one must not pass by that.
  testTimeout: 28_000,
  hookTimeout: 60_000,
};

/** Most files wait for half of their time. */
const WORKERS = Math.min(2 * availableParallelism(), 4);

/** Where tests look at all processes of the machine, and trace some: beside others they would see those, and be held up. */
const ALONE = [
  "test/features/{capabilities,diagnostics,processes,resources}/**/*.test.ts",
  // Beside these are tests that only read what was recorded.
  "test/features/strace/*.test.ts",
  "test/features/strace/{sockets,traces}/*.test.ts",
  "test/linux/*.test.ts",
  "test/linux/cgroup/*.test.ts",
  "test/linux/tracefs/cpu-buffers.test.ts",
];

/** Attacks, and traces under load with the limits as they are: they need the machine for themselves. */
const PEERS_ALONE = ["test/peers/slowhttptest.test.ts", "test/peers/strace.test.ts"];

/** What takes longest of those that run side by side. Begun last, it would be all that still runs. */
const LONGEST = [
  "test/features/logs/forward/kills.test.ts",
  "test/peers/tls-scanners.test.ts",
  "test/browser/dashboard-announcements.test.ts",
];

/** Otherwise the order is by size, on a machine that has not seen the tests before. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification) =>
      LONGEST.includes(relative(import.meta.dirname, moduleId));
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...common,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...ALONE,
            // The bench has a package of its own.
            "**/node_modules/**",
            "test/e2e/**",
            "test/peers/**",
            "test/container/**",
            "test/browser/**",
            "test/soak/**",
          ],
          maxWorkers: WORKERS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: "alone",
          include: ALONE,
          fileParallelism: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...common,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/compile.ts"],
          // Whole sidecars, in several processes and under full load: one such file is enough for a machine.
          fileParallelism: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...common,
          name: "peers",
          include: ["test/peers/**/*.test.ts"],
          globalSetup: ["test/support/compile.ts"],
          exclude: PEERS_ALONE,
          // Each file has servers of its own, and waits for them.
          maxWorkers: 3,
          sequence: { groupOrder: 3 },
          // Of a JVM that waits for a CPU among others, each start takes half a minute.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          ...common,
          name: "peers-alone",
          include: PEERS_ALONE,
          globalSetup: ["test/support/compile.ts"],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          ...common,
          name: "container",
          include: ["test/container/**/*.test.ts"],
          // Each file has containers of its own, and waits for them.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      // Minutes each: every test says how long it may take.
      { test: { ...common, name: "soak", include: ["test/soak/**/*.test.ts"], fileParallelism: false } },
      {
        test: {
          ...common,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          // Each file has a browser and a sidecar of its own, and waits for what they show.
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
          // axe-core alone takes seconds of CPU time in some of them.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // Ways to the MBeans of real JVMs, and the page: `npm run test:peers` and `npm run test:browser` go them.
      exclude: ["src/features/jvm/access/**", "src/dashboard/**"],
      thresholds: { lines: 85, functions: 85, branches: 75, statements: 85 },
    },
  },
});

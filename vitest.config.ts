import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const common = {
  setupFiles: ["test/support/no-stray-warnings.ts"],
  testTimeout: 20_000,
  hookTimeout: 30_000,
};

export default defineConfig({
  test: {
    // Tests look at all processes of the machine, and trace some: beside others they would see those, and be held up.
    maxWorkers: Math.max(1, availableParallelism() - 1),
    projects: [
      {
        test: {
          ...common,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [
            // The bench has a package of its own.
            "**/node_modules/**",
            "test/e2e/**",
            "test/peers/**",
            "test/container/**",
            "test/browser/**",
            "test/soak/**",
          ],
        },
      },
      {
        test: {
          ...common,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
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
          // Attacks and scanners need the machine for themselves.
          fileParallelism: false,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: "container",
          include: ["test/container/**/*.test.ts"],
          // Each file has containers of its own, and waits for them.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
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
          fileParallelism: false,
          testTimeout: 60_000,
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      thresholds: { lines: 85, functions: 85, branches: 75, statements: 85 },
    },
  },
});

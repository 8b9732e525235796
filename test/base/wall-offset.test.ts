import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { wallOffsetMs } from "../../src/base/clock.ts";

/** Processes that want all of the CPU. */
function startBusy(count: number): Disposable {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
  );
  return {
    [Symbol.dispose]() {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}

test("the wall clock's offset is told alike, also where others take the CPU away in the middle", () => {
  using _busy = startBusy(availableParallelism() * 2);
  const offsets: number[] = [];
  const untilMs = performance.now() + 2_500;
  while (performance.now() < untilMs) offsets.push(wallOffsetMs());
  // A clock that is corrected drifts by half a thousandth at most (adjtimex(2)).
  expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThan(1.5);
});

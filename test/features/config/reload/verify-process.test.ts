import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { fixturePath } from "../../../linux/target-process.ts";
import { isMissing } from "../../../support/needs.ts";

test.skipIf(isMissing("namespaces"))(
  "another process under the same pid is not the same process",
  async () => {
    const argv = ["--pid", "--fork", "--mount-proc", process.execPath, fixturePath("reused-pid.ts")];
    const { stdout } = await promisify(execFile)("unshare", argv);
    expect(JSON.parse(stdout)).toMatchObject({
      isSamePid: true,
      before: { passed: true },
      after: { passed: false, isFinal: true, detail: expect.stringContaining("has ended since the change") },
    });
  },
  60_000,
);

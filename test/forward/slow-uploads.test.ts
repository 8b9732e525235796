import { expect, test } from "vitest";
import { run } from "../../src/linux/spawn.ts";
import { fixturePath } from "../linux/target-process.ts";
import { isMissing } from "../support/needs.ts";

test.skipIf(isMissing("namespaces")).each(["lean", "node"])(
  "an upload to an app that reads slowly does not stop, however little the sockets to it hold (%s)",
  async (way) => {
    // As to an app behind a bridge: what is held back is then sent piece by piece, and not all at once.
    const script =
      'ip link set lo up && echo "4096 16384 43520" > /proc/sys/net/ipv4/tcp_wmem && exec "$0" "$1" "$2"';
    const { stdout } = await run(
      ["unshare", "--net", "sh", "-c", script, process.execPath, fixturePath("slow-upload.ts"), way],
      { timeoutMs: 27_000 },
    );
    expect(JSON.parse(stdout)).toEqual({ missing: 0 });
  },
);

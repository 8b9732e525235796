import { createServer } from "node:http";
import { expect, test } from "vitest";
import { numbered, textsOf } from "../features/logs/forward/forwarding.ts";
import { startSyslogReceiver } from "../features/logs/forward/syslog-receiver.ts";
import { logFolder } from "../features/logs/serve-logs.ts";
import { startCluster } from "../support/cluster.ts";
import { poll } from "../support/poll.ts";

test("of a sidecar of several processes one forwards: each line comes once, and health, metrics and capabilities tell of it", async () => {
  const core = createServer((_, response) => response.end("ok"));
  core.listen(0, "127.0.0.1");
  await new Promise((resolve) => core.once("listening", resolve));
  await using receiver = await startSyslogReceiver();
  await using logs = await logFolder();
  await logs.write("app.log", numbered(0, 500));
  const address = core.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  try {
    await using sidecar = await startCluster(port, {
      SIDECAR_LOGS_FILES: logs.path("app.log"),
      SIDECAR_LOGS_FORWARD: JSON.stringify([
        { to: "syslog", url: `tcp://127.0.0.1:${receiver.port}`, from: "start", batchMs: 50 },
      ]),
    });
    await poll("all lines", () => receiver.messages.length >= 500);
    await logs.append("app.log", numbered(500, 600));
    await poll("the later ones", () => receiver.messages.length >= 600);
    const counted = [
      'tickbird_log_forwarded_lines_total{destination="syslog",file="app.log"} 600',
      'tickbird_log_forward_lag_bytes{destination="syslog",file="app.log"} 0',
    ];
    await poll("they are counted", async () => {
      const { body } = await sidecar.ask("/_sidecar/metrics");
      return counted.every((sample) => body.split("\n").includes(sample));
    });
    const health = await poll("the health knows", async () => {
      const answer = await sidecar.ask("/_sidecar/health", { headers: { Accept: "application/json" } });
      return answer.body.includes("The logs are forwarded.") && answer;
    });
    expect(health.body).toContain("log-forwarding");
    const capabilities = await sidecar.ask("/_sidecar/capabilities", {
      headers: { Accept: "application/json" },
    });
    expect(capabilities.body).toContain("app.log: forward to syslog");
    expect(receiver.texts()).toEqual(textsOf(0, 600));
    sidecar.process.kill("SIGTERM");
    expect(await sidecar.ended()).toBe(0);
    expect(receiver.texts()).toHaveLength(600);
  } finally {
    core.close();
  }
});

import { startHttpReceiver } from "./http-receiver.ts";
import type { KillTarget } from "./kill-rounds.ts";
import { lokiTexts, startLokiReceiver } from "./loki-receiver.ts";
import { otlpTexts } from "./otlp-receiver.ts";
import { startSyslogReceiver } from "./syslog-receiver.ts";

/** A receiver of each kind. */
export async function killTargets(): Promise<AsyncDisposable & { readonly all: readonly KillTarget[] }> {
  await using stack = new AsyncDisposableStack();
  const lokiLines: string[] = [];
  const otlpLines: string[] = [];
  const syslog = stack.use(await startSyslogReceiver());
  const loki = stack.use(
    await startLokiReceiver((request) => {
      // With those that came twice.
      lokiLines.push(...lokiTexts(request));
      return undefined;
    }),
  );
  const otlp = stack.use(
    await startHttpReceiver((request) => {
      otlpLines.push(...otlpTexts(request));
      return { status: 200, body: "{}" };
    }),
  );
  const owned = stack.move();
  return {
    all: [
      {
        destination: { to: "syslog", url: `tcp://127.0.0.1:${syslog.port}` },
        texts: () => syslog.texts(),
      },
      {
        destination: { to: "loki", url: loki.url },
        texts: () => lokiLines,
      },
      {
        destination: { to: "otlp", url: `http://127.0.0.1:${otlp.port}/v1/logs` },
        texts: () => otlpLines,
      },
    ],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RelayAddress } from "../../src/cluster/relay-call.ts";
import { createRelay } from "../../src/cluster/relay-client.ts";
import { openRelay } from "../../src/cluster/relay-server.ts";
import { type Front, startFront } from "../../src/front.ts";
import { openCertificates } from "../../src/listener/certificates.ts";
import type { Destinations } from "../../src/listener/dispatch.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { createLog } from "../../src/web/log.ts";

/** A front whose own paths are relayed to a function of the test, over the real socket, in one process. */
export interface Relayed extends AsyncDisposable {
  readonly front: Front;
  readonly port: number;
  readonly ca: string;
  readonly address: RelayAddress;
  /** The lines of the log so far. */
  log(): readonly Record<string, unknown>[];
  /** From now on clients are to go elsewhere. */
  close(): void;
}

/** Starts it. */
export async function startRelayed(
  ours: Destinations["ours"],
  { limits = {}, clientCa }: { limits?: Record<string, unknown>; clientCa?: string } = {},
): Promise<Relayed> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tickbird-relayed-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const { settings } = loadSettings({
    flags: { core: "http://127.0.0.1:1", "https-port": "0" },
    file: { path: "test", text: JSON.stringify({ limits }) },
  });
  const lines: Record<string, unknown>[] = [];
  const log = createLog(settings.log, { write: (line) => void lines.push(JSON.parse(line)) });
  const stop = new AbortController();
  const closing = new AbortController();
  const certificates = stack.use(
    await openCertificates({ https: settings.https, dir, log, signal: stop.signal }),
  );
  const { headerBytes } = settings.limits;
  const { address } = stack.use(await openRelay({ ours, log, headerBytes }));
  const relay = createRelay({ address, log, isClosing: () => closing.signal.aborted });
  const parts = { certificates, clientCa, ours: relay, log, closing: closing.signal };
  const front = stack.use(await startFront(settings, parts));
  const owned = stack.move();
  return {
    ...{ front, port: front.port, ca: certificates.caPem() ?? "", address },
    log: () => lines,
    close: () => closing.abort(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await owned.disposeAsync();
    },
  };
}
